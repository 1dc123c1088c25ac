/**
 * Assertions about FloeErrors: the code, and that the four things every message says are there.
 */
import assert from "node:assert/strict";
import { type ErrorCode, FloeError } from "floe";

/** What an error must say, beside its code. */
export interface Expected {
  readonly subject?: RegExp;
  readonly wanted?: RegExp;
  readonly found?: RegExp;
  readonly remedy?: RegExp;
}

const PARTS = ["subject", "wanted", "found", "remedy"] as const;

/** Asserts that `error` is a FloeError with this code that says what is expected. */
export function assertFloeError(error: unknown, code: ErrorCode, expected: Expected = {}): void {
  if (!FloeError.is(error)) {
    throw new assert.AssertionError({
      message: `wanted ${code}, but this was thrown: ${describe(error)}`,
    });
  }
  assert.equal(error.code, code, error.message);
  for (const part of PARTS) {
    assert.ok(error[part].trim() !== "", `${part} is empty: ${error.message}`);
    assert.ok(error.message.includes(error[part]), `${part} is not in the message`);
    const pattern = expected[part];
    if (pattern !== undefined) assert.match(error[part], pattern, error.message);
  }
}

function describe(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

/** Asserts that `action` throws a FloeError with this code. */
export function throwsCode(action: () => unknown, code: ErrorCode, expected: Expected = {}): void {
  try {
    action();
  } catch (error) {
    assertFloeError(error, code, expected);
    return;
  }
  assert.fail(`nothing was thrown instead of ${code}`);
}

/** Asserts that a promise rejects with a FloeError with this code. */
export async function rejectsCode(
  promise: Promise<unknown>,
  code: ErrorCode,
  expected: Expected = {},
): Promise<void> {
  try {
    await promise;
  } catch (error) {
    assertFloeError(error, code, expected);
    return;
  }
  assert.fail(`nothing was thrown instead of ${code}`);
}
