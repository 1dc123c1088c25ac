/**
 * Bench: a test with everything it may leave behind under one roof.
 *
 * `floeTest` gives its body a domain of its own in shared memory. When the body is over, in
 * whatever way, its children are ended and the domain is removed; when it went well, nothing may be
 * left in the domain, and no file of it may still be mapped. A watchdog ends the process when the
 * body hangs.
 */
import assert from "node:assert/strict";
import { lstatSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { fileURLToPath } from "node:url";
import { type DomainOptions, Node } from "floe";
import { Child, type ChildOptions } from "./child.ts";
import { memoryFolder } from "./memory-folder.ts";
import { mappedFiles, openFiles } from "./resources.ts";
import { waitFor } from "./wait.ts";
import { Watchdog } from "./watchdog.ts";

const LIMIT_MS = 60_000;
const DOMAIN_NAME = "test";

const watchdog = new Watchdog();

/** What a test works on. */
export class Bench {
  readonly t: TestContext;
  /** Root of the domain, an absolute path. */
  readonly root: string;
  /** How a node takes part in the domain. */
  readonly domain: DomainOptions;
  /** The domain's directory, made by the first node. */
  readonly directory: string;
  readonly #children: Child[] = [];

  constructor(t: TestContext) {
    this.t = t;
    this.root = mkdtempSync(join(memoryFolder(), "floe-bench-test-"));
    this.domain = { root: this.root, name: DOMAIN_NAME };
    this.directory = join(this.root, DOMAIN_NAME);
  }

  /** Makes a node of the domain. */
  node(name = ""): Node {
    return Node.create({ name, domain: this.domain });
  }

  /** Cleans up after children that died or ended without closing, and asserts that it succeeds. */
  clean(): void {
    assert.deepEqual(Node.clean({ domain: this.domain }).failures, []);
  }

  /** What lies in the domain's directory now. */
  entries(): string[] {
    try {
      return readdirSync(this.directory).sort();
    } catch {
      return [];
    }
  }

  /** The paths, within the root, of everything that lies in it now. */
  files(): string[] {
    return readdirSync(this.root, { recursive: true, encoding: "utf8" }).sort();
  }

  /** Memory that the files of the domain take up now, as the file system counts it. */
  memoryBytes(): number {
    let blocks = 0;
    for (const path of this.files()) {
      blocks += lstatSync(join(this.root, path)).blocks;
    }
    return blocks * 512;
  }

  /** Starts a compiled program, given by its URL, with the domain in its data. */
  start(url: URL, options: ChildOptions = {}): Child {
    const data = { domain: this.domain, ...(options.data as object | undefined) };
    const child = new Child(fileURLToPath(url), { ...options, data });
    this.#children.push(child);
    return child;
  }

  /** Asserts that everything was given back; files too, unless the test has damaged them. */
  async assertNothingLeft(mayLeaveFiles: boolean): Promise<void> {
    await Promise.all(this.#children.map((child) => child.finish()));
    if (!mayLeaveFiles) assert.deepEqual(this.entries(), [], "the domain's directory is not empty");
    await waitFor("all mappings to be gone", () => mappedFiles(this.root).length === 0);
    assert.deepEqual(openFiles(this.root), [], "descriptors are left open");
  }

  /** Ends the children and removes the domain. */
  async remove(): Promise<void> {
    for (const child of this.#children) child.kill();
    await Promise.all(this.#children.map((child) => child.ended));
    rmSync(this.root, { recursive: true, force: true });
  }
}

/** What can be said about a test beside its name. */
export interface FloeTestOptions {
  /** After so many milliseconds the process is killed; default a minute. */
  readonly limitMs?: number;
  /** Why the test cannot be run here. */
  readonly skip?: string | false;
  /** Set when the test damages files, which the library then must not remove. */
  readonly mayLeaveFiles?: boolean;
  /** Why the test is known to fail. */
  readonly todo?: string;
}

/** A test with a {@link Bench}. */
export function floeTest(
  name: string,
  body: (bench: Bench) => void | Promise<void>,
  options: FloeTestOptions = {},
): void {
  const { limitMs = LIMIT_MS, skip = false, mayLeaveFiles = false, todo } = options;
  test(name, { skip, ...(todo === undefined ? {} : { todo }) }, async (t) => {
    const bench = new Bench(t);
    watchdog.begin(limitMs);
    try {
      await body(bench);
      await bench.assertNothingLeft(mayLeaveFiles);
    } finally {
      await bench.remove();
      watchdog.end();
    }
  });
}
