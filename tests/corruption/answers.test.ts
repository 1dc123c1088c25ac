/**
 * Answers: what the library does about one wrong word or file, for each that it once took badly.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { rawBytes } from "floe";
import { throwsCode } from "../support/assertions.ts";
import { floeTest } from "../support/bench.ts";

floeTest(
  "a configuration with lists nested deeper than any stack is an error as any other",
  (bench) => {
    using node = bench.node();
    using other = bench.node();
    using service = node.publishSubscribe("deep", { payload: rawBytes });
    const path = join(bench.directory, "service.publish-subscribe.deep", "service.json");
    const sound = readFileSync(path, "utf8");
    const deep = `${"[".repeat(100_000)}${"]".repeat(100_000)}`;
    for (const part of ['"major": 3', `"name": "deep"`, '"bufferSize": 8', '"variant": "bytes"']) {
      const [key] = part.split(":");
      writeFileSync(path, sound.replace(part, `${key}: ${deep}`));
      throwsCode(
        () => other.publishSubscribe(service.name, { payload: rawBytes }),
        "FLOE_SERVICE_CORRUPT",
        { found: /nested too deeply/ },
      );
    }
    writeFileSync(path, sound);
  },
);
