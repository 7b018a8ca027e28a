import { readFileSync } from "node:fs";

/** One line of test/captures.jsonl: a packet, and its meaning according to its source. */
export interface Capture {
  readonly protocol: "wilink" | "ftms" | "other";
  readonly dir: "rx" | "tx";
  readonly hex: string;
  readonly decoded: Readonly<Record<string, string | number | boolean>>;
  readonly source: string;
  readonly characteristic?: string;
}

const FILE = new URL("../captures.jsonl", import.meta.url);

export const captures = (): Capture[] =>
  readFileSync(FILE, "utf8")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Capture);

export const fromHex = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex, "hex"));

/** One line of test/captures-other.jsonl; `inner`: the unstuffed body of a Sperax frame. */
export interface OtherCapture {
  readonly protocol: "sperax" | "pitpat";
  readonly direction: string;
  readonly hex: string;
  readonly decoded: string;
  readonly inner?: string;
}

const OTHER = new URL("../captures-other.jsonl", import.meta.url);

export const otherCaptures = (protocol: OtherCapture["protocol"]): OtherCapture[] =>
  readFileSync(OTHER, "utf8")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as OtherCapture)
    .filter((line) => line.protocol === protocol);
