/**
 * Campaigns: all points of all roles, or some of them, and what came out.
 *
 * How many points a role has is found out by letting its operation complete, which is also the
 * death after the last point.
 */
import { Random } from "../support/random.ts";
import { type Finding, inParallel, Killer } from "./harness.ts";
import type { Role } from "./role.ts";

/** A death after which something did not hold. */
export interface Failure {
  readonly ordinal: number;
  /** What was about to be done, and where. */
  readonly label: string;
  readonly message: string;
  /** How to see it again. */
  readonly command: string;
}

/** What came out of one role. */
export interface Report {
  readonly subject: string;
  readonly operation: string;
  /** How many points it has; undefined if it could not be played to its end. */
  readonly points: number | undefined;
  /** How often somebody died in it. */
  readonly deaths: number;
  readonly failures: readonly Failure[];
}

/** What of a campaign to run, and how. */
export interface CampaignOptions {
  readonly roles: readonly Role[];
  readonly parallel: number;
  /** Only this point. */
  readonly point?: number;
  /** Only so many points, of roles that `seed` determines, beside the ends of those roles. */
  readonly sample?: { readonly count: number; readonly seed: number };
  /** Is told when a role is done. */
  readonly onReport: (report: Report) => void;
  /** Is told when somebody has died and been looked at. */
  readonly onFinding: () => void;
}

interface Task {
  readonly role: Role;
  readonly ordinal: number;
}

/** Lets victims die in all roles; returns a report for each. */
export async function runCampaign(options: CampaignOptions): Promise<Report[]> {
  const { roles, parallel, point, sample, onFinding } = options;
  const killer = new Killer(parallel);
  const findings = new Map<Role, Finding[]>(roles.map((role) => [role, []]));
  const reports: Report[] = [];
  const run = async (tasks: readonly Task[], report: (role: Role) => void): Promise<void> => {
    const left = new Map<Role, number>();
    for (const { role } of tasks) left.set(role, (left.get(role) ?? 0) + 1);
    await inParallel(parallel, tasks, async ({ role, ordinal }) => {
      findings.get(role)!.push(await killer.kill(role, ordinal));
      onFinding();
      left.set(role, left.get(role)! - 1);
      if (left.get(role) === 0) report(role);
    });
  };
  const report = (role: Role): void => {
    reports.push(reportOn(role, findings.get(role)!));
    options.onReport(reports.at(-1)!);
  };
  try {
    if (point !== undefined) {
      const tasks = roles.map((role) => ({ role, ordinal: point }));
      await run(tasks, report);
      return reports;
    }
    const random = sample && new Random(sample.seed);
    const drawn = random && Array.from({ length: sample.count }, () => random.pick(roles));
    const played = drawn === undefined ? roles : [...new Set(drawn)];
    const ends = played.map((role) => ({ role, ordinal: 0 }));
    await run(ends, () => {});
    const pointsOf = (role: Role): number => findings.get(role)![0]!.points ?? 0;
    const tasks =
      drawn?.map((role) => ({ role, ordinal: 1 + random!.below(pointsOf(role)) })) ??
      roles.flatMap((role) =>
        Array.from({ length: pointsOf(role) }, (_, index) => ({ role, ordinal: index + 1 })),
      );
    const possible = tasks.filter(({ role }) => pointsOf(role) > 0);
    for (const role of played) if (pointsOf(role) === 0) report(role);
    await run(possible, report);
    return reports;
  } finally {
    await killer.close();
  }
}

function reportOn(role: Role, findings: readonly Finding[]): Report {
  const { subject, operation } = role;
  const failures = findings.filter(({ error }) => error !== undefined).map(failureOf);
  const points = findings.find((finding) => finding.points !== undefined)?.points;
  return { subject, operation, points, deaths: findings.length, failures };
}

function failureOf({ role, ordinal, point, error }: Finding): Failure {
  const label =
    point === undefined ? "the end of the operation" : `${point.operation} in ${point.place}`;
  const message = error instanceof Error ? error.message : String(error);
  const command = `npm run test:crash -- --role ${JSON.stringify(role)} --point ${ordinal}`;
  return { ordinal, label, message, command };
}
