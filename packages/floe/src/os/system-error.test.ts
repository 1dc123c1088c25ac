/** Tests of the error messages of system calls: which code they get and what they name. */
import assert from "node:assert/strict";
import { openSync } from "node:fs";
import { constants } from "node:os";
import { test } from "node:test";
import { describeDescriptor, systemError } from "./system-error.ts";

test("a number of either sign and a name mean the same error", () => {
  const number = constants.errno.ENOSPC;
  const messages = [number, -number, "ENOSPC"].map(
    (errno) => systemError("x", errno, "/s").message,
  );
  assert.equal(new Set(messages).size, 1);
});

test("each answer of the kernel has its code", () => {
  const codes = {
    ENOSPC: "FLOE_OUT_OF_MEMORY",
    EDQUOT: "FLOE_OUT_OF_MEMORY",
    ENOMEM: "FLOE_OUT_OF_MEMORY",
    EACCES: "FLOE_PERMISSION",
    EPERM: "FLOE_PERMISSION",
    EROFS: "FLOE_PERMISSION",
    ERR_ACCESS_DENIED: "FLOE_PERMISSION",
    ENOENT: "FLOE_SERVICE_CORRUPT",
    EMFILE: "FLOE_TOO_MANY_FILES",
    ENFILE: "FLOE_TOO_MANY_FILES",
    EIO: "FLOE_SYSTEM",
  };
  for (const [errno, code] of Object.entries(codes)) {
    assert.equal(systemError("x", errno, "/s").code, code, errno);
  }
});

test("every errno of this platform gets its own code also as a number", () => {
  for (const [name, number] of Object.entries(constants.errno)) {
    assert.equal(systemError("x", -number, "/s").code, systemError("x", name, "/s").code, name);
  }
});

test("a full file system names the path, the bytes wanted and what helps", () => {
  const wanted = "4096 bytes reserved at offset 0";
  const { message } = systemError("fallocate", "ENOSPC", "/dev/shm/floe/x", { wanted });
  for (const part of ["/dev/shm/floe/x", "4096 bytes", "ENOSPC", "--shm-size", "FLOE_ROOT"]) {
    assert.ok(message.includes(part), part);
  }
});

test("an unknown number is shown as it is", () => {
  assert.match(systemError("x", -3999, "/s").message, /errno 3999/);
});

test("a descriptor is named by its path while it is open", () => {
  assert.equal(describeDescriptor(openSync("/dev/null", "r")), "/dev/null");
  assert.equal(describeDescriptor(99_999), "file descriptor 99999");
});
