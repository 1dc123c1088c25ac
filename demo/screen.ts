/**
 * Screen: lines on a terminal that are redrawn in place, and plain lines elsewhere.
 *
 * Three control sequences are enough: up some lines, clear the line, and no wrapping while drawing,
 * because a line that wrapped would count as two.
 */

import type { WriteStream } from "node:tty";
import { styleText } from "node:util";
import type { Line, Tone } from "./report.ts";

const ESCAPE = "\u001b[";
const CLEAR_LINE = `${ESCAPE}2K`;
const HIDE_CURSOR = `${ESCAPE}?25l`;
const SHOW_CURSOR = `${ESCAPE}?25h`;
const WRAP_OFF = `${ESCAPE}?7l`;
const WRAP_ON = `${ESCAPE}?7h`;

const STYLES: Readonly<Record<Tone, Parameters<typeof styleText>[0] | undefined>> = {
  title: ["bold", "cyan"],
  good: "green",
  bad: ["bold", "red"],
  faint: "gray",
  plain: undefined,
};

export class Screen {
  readonly isTerminal: boolean;
  readonly #stream: WriteStream;
  readonly #isColourful: boolean;
  #drawnLines = 0;

  constructor(stream: WriteStream) {
    this.#stream = stream;
    this.isTerminal = stream.isTTY === true && process.env.TERM !== "dumb";
    // hasColors() knows NO_COLOR and FORCE_COLOR, and what the terminal can do.
    this.#isColourful = this.isTerminal && stream.hasColors();
  }

  /** Writes lines that stay. */
  print(lines: readonly Line[]): void {
    this.#stream.write(lines.map((line) => `${this.#text(line)}\n`).join(""));
  }

  /** Writes lines in place of those drawn before. */
  draw(lines: readonly Line[]): void {
    const up = this.#drawnLines > 0 ? `${ESCAPE}${this.#drawnLines}A` : "";
    const body = lines.map((line) => `${CLEAR_LINE}${this.#text(line)}\n`).join("");
    this.#stream.write(`${HIDE_CURSOR}${WRAP_OFF}\r${up}${body}${WRAP_ON}`);
    this.#drawnLines = lines.length;
  }

  /** Gives the terminal back as it was; what was drawn last stays. */
  release(): void {
    if (this.#drawnLines > 0) this.#stream.write(SHOW_CURSOR);
    this.#drawnLines = 0;
  }

  #text(line: Line): string {
    return line.map(({ text, tone }) => this.#paint(text, tone)).join("");
  }

  #paint(text: string, tone: Tone): string {
    const style = STYLES[tone];
    if (!this.#isColourful || style === undefined) return text;
    return styleText(style, text, { validateStream: false });
  }
}
