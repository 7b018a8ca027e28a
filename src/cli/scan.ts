import type { Radio } from "../ble/radio.js";
import type { Config } from "../config/config.js";
import { padsYaml, savePads } from "../config/save.js";
import { simulatedPads } from "../config/settings.js";
import { BridgeError } from "../domain/errors.js";
import { visible } from "../domain/visible.js";
import { EXIT, type ExitCode } from "../process/lifecycle.js";
import { createLogger } from "../log/log.js";
import { type PadProposal, padProposals, scanFor, type FoundDevice } from "../app/scan.js";
import { simulatedRadio } from "../sim/radio.js";
import { readConfig } from "./config.js";
import type { Invocation } from "./invocation.js";

const SECONDS = { default: 10, most: 300 } as const;

export interface ScanFlags {
  readonly config?: string | undefined;
  readonly seconds?: string | undefined;
  readonly json?: boolean | undefined;
  readonly save?: boolean | undefined;
}

/** Lists the pads in range, and what to write into the config. */
export const scan = async (invocation: Invocation, flags: ScanFlags): Promise<ExitCode> => {
  const { terminal, clock, ending, env } = invocation;
  const given = flags.seconds ?? String(SECONDS.default);
  // As in the config: no hexadecimal, no exponent.
  const seconds = /^\d+(\.\d+)?$/.test(given) ? Number(given) : 0;
  if (!(seconds > 0 && seconds <= SECONDS.most)) {
    terminal.err(`--seconds must be a number above 0 and up to ${SECONDS.most}\n`);
    return EXIT.usage;
  }
  const loaded = readConfig(flags.config, env, terminal);
  if (!loaded) return EXIT.config;
  const over = new AbortController();
  void ending.first.then(() => over.abort());
  const radio = await openRadio(loaded.config, invocation);
  try {
    if (!flags.json) terminal.err(`Listening for ${seconds} s; wake the pad by its button or its remote…\n`);
    const seen = await scanFor(radio, clock, seconds * 1000, over.signal);
    const fresh = padProposals(seen, loaded.config.pads);
    terminal.out(flags.json ? `${JSON.stringify(seen, null, 2)}\n` : report(seen, fresh, loaded.file));
    return flags.save ? await save(fresh, loaded.file, terminal.err) : EXIT.ok;
  } catch (thrown) {
    // Any other error is a bug: it ends as an internal error.
    if (!(thrown instanceof BridgeError)) throw thrown;
    terminal.err(`${visible(`${thrown.message} ${thrown.advice ?? ""}`.trim())}\n`);
    return thrown.code === "config" ? EXIT.config : EXIT.noRadio;
  } finally {
    await radio[Symbol.asyncDispose]();
  }
};

const openRadio = async (
  { bluetooth, log: options, ...rest }: Config,
  { clock }: Invocation,
): Promise<Radio> => {
  if (bluetooth.radio === "simulator")
    return simulatedRadio(simulatedPads({ bluetooth, log: options, ...rest }), { clock });
  const stream = process.stderr;
  const { log } = createLogger({
    ...options,
    level: "error",
    secrets: [],
    stream,
    journal: false,
    isTty: stream.isTTY,
    clock,
  });
  const { nobleRadio } = await import("../ble/noble/radio.js");
  return nobleRadio({ adapter: bluetooth.adapter }, { clock, log });
};

const column = (rows: readonly (readonly string[])[]): string => {
  const widths = (rows[0] ?? []).map((_, i) => Math.max(...rows.map((row) => row[i]?.length ?? 0)));
  return rows
    .map(
      (row) =>
        `  ${row
          .map((cell, i) => cell.padEnd(widths[i] ?? 0))
          .join("  ")
          .trimEnd()}\n`,
    )
    .join("");
};

const report = (seen: readonly FoundDevice[], fresh: readonly PadProposal[], file: string): string => {
  const pads = seen.filter(({ protocol }) => protocol !== null);
  const rows = pads.map(({ name, address, rssi, protocol, model }) => [
    visible(name ?? "(no name)"),
    address,
    rssi === null ? "" : `${rssi} dBm`,
    protocol ?? "",
    model ?? "",
  ]);
  const others = `${seen.length - pads.length} other devices found.\n`;
  if (pads.length === 0)
    return `No pad found. Wake it by its button, close the phone's app (a connected pad does not advertise), move it nearer.\n${others}`;
  const paste =
    fresh.length > 0
      ? `\nFor ${visible(file)}:\n\n${padsYaml(fresh)}`
      : "\nAll pads found are already in the config.\n";
  return `${column([["NAME", "ADDRESS", "SIGNAL", "PROTOCOL", "MODEL"], ...rows])}${others}${paste}`;
};

const save = async (
  fresh: readonly PadProposal[],
  file: string,
  print: (text: string) => void,
): Promise<ExitCode> => {
  if (fresh.length === 0) {
    print("Nothing to save.\n");
    return EXIT.ok;
  }
  await savePads(file, fresh);
  print(`Saved to ${visible(file)}: ${fresh.map(({ id }) => id).join(", ")}.\n`);
  return EXIT.ok;
};
