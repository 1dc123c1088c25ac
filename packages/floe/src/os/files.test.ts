/** Tests of the file functions: exact modes, expected absences as values, typed errors. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import nodeFs, * as fs from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, beforeEach, test } from "node:test";
import { FloeError } from "../errors.ts";
import { makeFifo } from "./fifos.ts";
import * as files from "./files.ts";

const root = fs.mkdtempSync(join(tmpdir(), "floe-files-"));
after(() => fs.rmSync(root, { recursive: true }));

let directoryCount = 0;
let directory = "";
beforeEach(() => {
  directory = join(root, `${directoryCount++}`);
  fs.mkdirSync(directory);
});

function at(name: string): string {
  return join(directory, name);
}

function fails(call: () => unknown, code: string, ...parts: string[]): void {
  assert.throws(call, (error) => {
    assert.ok(FloeError.is(error), String(error));
    assert.equal(error.code, code);
    for (const part of parts) assert.ok(error.message.includes(part), error.message);
    return true;
  });
}

test("modes are exact whatever the umask", () => {
  const before = process.umask(0o077);
  try {
    files.closeFile(files.createFile(at("file"), 0o664));
    files.makeDirectory(at("directory"), 0o2775);
    files.writeWholeFile(at("text"), "text", 0o644);
  } finally {
    process.umask(before);
  }
  assert.equal(files.statPathIfPresent(at("file"))?.mode, 0o664);
  assert.equal(files.statPathIfPresent(at("directory"))?.mode, 0o2775);
  assert.equal(files.statPathIfPresent(at("text"))?.mode, 0o644);
});

test("a group is set on files and directories", () => {
  const groupId = process.getuid!() === 0 ? 12_345 : process.getgid!();
  files.closeFile(files.createFile(at("file"), 0o660, groupId));
  files.makeDirectory(at("directory"), 0o770, groupId);
  files.writeWholeFile(at("text"), "", 0o640, groupId);
  for (const name of ["file", "directory", "text"]) {
    assert.equal(fs.statSync(at(name)).gid, groupId, name);
    assert.equal(fs.statSync(at(name)).uid, process.getuid!(), name);
  }
});

test("what cannot get its group or mode is not left behind", () => {
  assert.throws(() => files.createFile(at("file"), 0o660, -7));
  assert.throws(() => files.makeDirectory(at("directory"), 0o770, -7));
  assert.deepEqual(files.listDirectory(directory), []);
});

test("creating what exists is a typed error, or a false where that is expected", () => {
  files.closeFile(files.createFile(at("file"), 0o600));
  fails(() => files.createFile(at("file"), 0o600), "FLOE_SYSTEM", at("file"), "EEXIST");
  fails(() => files.makeDirectory(at("file"), 0o700), "FLOE_SYSTEM", at("file"), "EEXIST");
  fails(() => files.writeWholeFile(at("file"), "", 0o600), "FLOE_SYSTEM", "EEXIST");
  assert.equal(files.makeDirectoryIfAbsent(at("directory"), 0o700), true);
  assert.equal(files.makeDirectoryIfAbsent(at("directory"), 0o755), false);
  assert.equal(files.statPathIfPresent(at("directory"))?.mode, 0o700);
});

test("what is absent is undefined or false where that is expected, else a typed error", () => {
  const path = at("absent");
  assert.equal(files.openFileIfPresent(path, "read"), undefined);
  assert.equal(files.openDirectoryIfPresent(path), undefined);
  assert.equal(files.listDirectoryIfPresent(path), undefined);
  assert.equal(files.statPathIfPresent(path), undefined);
  assert.equal(files.readTextFileIfPresent(path, 10), undefined);
  assert.equal(files.removeFileIfPresent(path), false);
  assert.equal(files.removeDirectoryIfPresent(path), false);
  fails(() => files.openFile(path, "read"), "FLOE_SERVICE_CORRUPT", path, "ENOENT");
  fails(() => files.openDirectory(path), "FLOE_SERVICE_CORRUPT", path, "ENOENT");
  fails(() => files.listDirectory(path), "FLOE_SERVICE_CORRUPT", path, "ENOENT");
  fails(() => files.renamePath(path, at("other")), "FLOE_SERVICE_CORRUPT", path, "ENOENT");
});

test("only absence is expected: other failures of the same calls are errors", () => {
  files.writeWholeFile(at("file"), "", 0o600);
  const below = join(at("file"), "below");
  fails(() => files.openFileIfPresent(below, "read"), "FLOE_SYSTEM", "ENOTDIR");
  fails(() => files.removeDirectoryIfPresent(directory), "FLOE_SYSTEM", "ENOTEMPTY");
});

test("a directory takes a vacant name and leaves a taken one", () => {
  for (const name of ["first", "second", "third"]) files.makeDirectory(at(name), 0o700);
  files.writeWholeFile(at("first/content"), "1", 0o600);
  files.writeWholeFile(at("second/content"), "2", 0o600);
  assert.equal(files.renameDirectoryIfVacant(at("first"), at("new")), true);
  assert.equal(files.renameDirectoryIfVacant(at("second"), at("new")), false);
  assert.equal(files.readTextFileIfPresent(at("new/content"), 10), "1");
  assert.equal(files.renameDirectoryIfVacant(at("second"), at("third")), true, "it was empty");
});

test("a file that is renamed over another replaces it", () => {
  files.writeWholeFile(at("old"), "old", 0o600);
  files.writeWholeFile(at("new"), "new", 0o600);
  files.renamePath(at("new"), at("old"));
  assert.equal(files.readTextFileIfPresent(at("old"), 10), "new");
  assert.equal(files.removeFileIfPresent(at("old")), true);
  assert.equal(files.removeDirectoryIfPresent(directory), true);
});

test("what is of another kind is an error that says so, and never blocks", () => {
  fs.writeFileSync(at("a regular file"), "");
  fs.mkdirSync(at("a directory"));
  execFileSync("mkfifo", [at("a FIFO")]);
  fs.symlinkSync(at("a regular file"), at("a symbolic link"));
  for (const kind of ["a directory", "a FIFO", "a symbolic link"]) {
    for (const access of ["read", "read-write"] as const) {
      const open = () => files.openFileIfPresent(at(kind), access);
      fails(open, "FLOE_SERVICE_CORRUPT", at(kind), `wanted a regular file, found ${kind}`);
    }
  }
  for (const kind of ["a regular file", "a FIFO", "a symbolic link"]) {
    const open = () => files.openDirectoryIfPresent(at(kind));
    fails(open, "FLOE_SERVICE_CORRUPT", at(kind), `wanted a directory, found ${kind}`);
  }
  fs.symlinkSync(at("a directory"), at("a link to a directory"));
  files.closeFile(files.openDirectory(at("a link to a directory")));
  fs.symlinkSync(at("a loop"), at("a loop"));
  fails(() => files.openFile(at("a loop"), "read"), "FLOE_SERVICE_CORRUPT", "a symbolic link");
  fails(() => files.openDirectory(at("a loop")), "FLOE_SERVICE_CORRUPT", "a symbolic link");
});

test("a text is read up to its limit and no further", () => {
  files.writeWholeFile(at("text"), "Grüße", 0o600);
  assert.equal(files.readTextFileIfPresent(at("text"), 7), "Grüße");
  fails(() => files.readTextFileIfPresent(at("text"), 6), "FLOE_SERVICE_CORRUPT", "7 bytes");
  assert.match(files.readTextFileIfPresent("/proc/self/status", 100_000) ?? "", /Name:/);
});

test("an open file tells its identity and size, and changes its size", () => {
  const fd = files.createFile(at("file"), 0o600);
  files.resizeFile(fd, 12_345);
  const status = files.statFile(fd);
  assert.deepEqual(status, files.statPathIfPresent(at("file")));
  assert.equal(status.sizeBytes, 12_345);
  assert.equal(status.isDirectory, false);
  assert.equal(files.statPathIfPresent(directory)?.isDirectory, true);
  files.closeFile(fd);
  const readFd = files.openFile(at("file"), "read");
  fails(() => files.resizeFile(readFd, 1), "FLOE_SYSTEM", at("file"), "1 bytes", "EINVAL");
  files.closeFile(readFd);
  fails(() => files.closeFile(readFd), "FLOE_SYSTEM", `file descriptor ${readFd}`, "EBADF");
});

test("a file that is open for reading cannot be written", () => {
  files.writeWholeFile(at("file"), "1", 0o600);
  const readFd = files.openFile(at("file"), "read");
  assert.throws(() => fs.writeSync(readFd, "2"), { code: "EBADF" });
  files.closeFile(readFd);
  const writeFd = files.openFile(at("file"), "read-write");
  fs.writeSync(writeFd, "3");
  files.closeFile(writeFd);
  assert.equal(files.readTextFileIfPresent(at("file"), 10), "3");
});

test("what the user may not open is a permission error that names the path", (t) => {
  if (process.getuid!() === 0) {
    // Root may open everything, so the one thing that it may not do stands in for it.
    const path = "/proc/self/status";
    fails(() => files.removeFileIfPresent(path), "FLOE_PERMISSION", path);
    t.diagnostic("running as root: tested with a file of /proc");
    return;
  }
  files.writeWholeFile(at("file"), "", 0o000);
  fails(() => files.openFile(at("file"), "read"), "FLOE_PERMISSION", at("file"), "EACCES");
});

test("an entry is looked at and not followed", () => {
  fs.writeFileSync(at("file"), "");
  fs.symlinkSync("file", at("link"));
  fs.symlinkSync("loop", at("loop"));
  const kinds = ["file", "link", "loop", "missing"].map(
    (name) => files.statEntryIfPresent(at(name))?.isFile,
  );
  assert.deepEqual(kinds, [true, false, false, undefined]);
  assert.equal(files.statEntryIfPresent(directory)?.isDirectory, true);
  fails(() => files.statEntryIfPresent(at("file/below")), "FLOE_SYSTEM", "file/below", "ENOTDIR");
});

test("what is there is renamed, and what is not is told", () => {
  fs.writeFileSync(at("file"), "");
  assert.equal(files.renamePathIfPresent(at("file"), at("moved")), true);
  assert.equal(files.renamePathIfPresent(at("file"), at("moved")), false);
  assert.deepEqual(fs.readdirSync(directory), ["moved"]);
});

test("what somebody removes while it is being made fails by a typed error", (t) => {
  const vanish = (path: fs.PathLike): void => fs.rmSync(path, { recursive: true });
  const real = fs.chmodSync;
  t.mock.method(nodeFs, "chmodSync", (path: fs.PathLike, mode: fs.Mode) => {
    vanish(path);
    real(path, mode);
  });
  syncBuiltinESMExports();
  t.after(() => {
    t.mock.restoreAll();
    syncBuiltinESMExports();
  });
  fails(
    () => files.makeDirectory(at("directory"), 0o700),
    "FLOE_SERVICE_CORRUPT",
    "ENOENT",
    "directory",
  );
  fails(() => makeFifo(at("fifo"), 0o600), "FLOE_SERVICE_CORRUPT", "ENOENT", "fifo");
  assert.deepEqual(fs.readdirSync(directory), []);
});

test("a directory goes with its files, unless somebody is putting files into it", (t) => {
  files.makeDirectory(at("directory"), 0o700);
  for (const name of ["one", "other"]) fs.writeFileSync(at(`directory/${name}`), "");
  assert.equal(files.removeDirectoryWithFiles(at("directory")), true);
  assert.equal(files.removeDirectoryWithFiles(at("directory")), true, "gone already");
  const real = fs.rmdirSync;
  t.mock.method(nodeFs, "rmdirSync", (path: fs.PathLike) => {
    fs.writeFileSync(join(String(path), "new"), "");
    real(path);
  });
  syncBuiltinESMExports();
  t.after(() => {
    t.mock.restoreAll();
    syncBuiltinESMExports();
  });
  files.makeDirectory(at("directory"), 0o700);
  assert.equal(files.removeDirectoryWithFiles(at("directory")), false);
  assert.deepEqual(fs.readdirSync(at("directory")), ["new"]);
});
