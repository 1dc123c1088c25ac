/**
 * Report: a FloeError on its way from one process to another.
 */
import { type ErrorCode, type ErrorDetails, FloeError } from "floe";

/** What is told of an error. */
export interface Report {
  readonly code: ErrorCode;
  readonly details: ErrorDetails;
}

/** What is to be told of an error of floe's; throws any other. */
export function reportOf(error: unknown): Report {
  if (!FloeError.is(error)) throw error;
  const { code, subject, wanted, found, remedy } = error;
  return { code, details: { subject, wanted, found, remedy } };
}

/** The error that was told of. */
export function errorIn(report: unknown): FloeError {
  const { code, details } = report as Report;
  return new FloeError(code, details);
}
