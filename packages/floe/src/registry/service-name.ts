/**
 * Service names: any text up to 255 bytes, and the directory name that stands for it.
 *
 * A person who lists the domain should recognise the services, so the name is kept readable:
 * letters that are safe in a path stay, others become %XX. A name that grows too long for a
 * directory is cut and gets a hash instead of its end.
 */

import { createHash } from "node:crypto";
import { FloeError } from "../errors.ts";
import { PATTERN_NAMES, type PatternName } from "./service-config.ts";

const NAME_BYTES_MAX = 255;
const ENCODED_LENGTH_MAX = 180;

/** The pattern of the service that a directory's name stands for; undefined for other names. */
export function patternOfDirectory(directoryName: string): PatternName | undefined {
  const [first, pattern] = directoryName.split(".", 2);
  return first === "service" ? PATTERN_NAMES.find((name) => name === pattern) : undefined;
}

/** The directory of a service, within its domain's. Throws FLOE_NAME_INVALID. */
export function serviceDirectoryName(pattern: PatternName, name: string): string {
  const lengthBytes = Buffer.byteLength(name);
  if (lengthBytes < 1 || lengthBytes > NAME_BYTES_MAX || name.includes("\0")) {
    throw new FloeError("FLOE_NAME_INVALID", {
      subject: "service name",
      wanted: `1 to ${NAME_BYTES_MAX} bytes without NUL`,
      found: `${lengthBytes} bytes, ${JSON.stringify(name.slice(0, 40))}`,
      remedy: "Choose another name for the service.",
    });
  }
  let encoded = "";
  for (const byte of Buffer.from(name)) {
    const character = String.fromCharCode(byte);
    encoded += /[A-Za-z0-9._-]/.test(character)
      ? character
      : `%${byte.toString(16).toUpperCase().padStart(2, "0")}`;
  }
  if (encoded.length > ENCODED_LENGTH_MAX) {
    const hash = createHash("sha256").update(name).digest("hex").slice(0, 32);
    encoded = `${encoded.slice(0, ENCODED_LENGTH_MAX - 33)}~${hash}`;
  }
  return `service.${pattern}.${encoded}`;
}
