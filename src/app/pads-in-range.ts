import type { AddPadResponse, FoundPad } from "../api/page.js";
import { isObject } from "../api/payloads.js";
import type { Radio } from "../ble/radio.js";
import type { Clock } from "../clock.js";
import { configError } from "../config/errors.js";
import { loadConfig } from "../config/load.js";
import { readPads } from "../config/pads.js";
import { padsYaml, savePads } from "../config/save.js";
import { asError } from "../domain/errors.js";
import { HttpError } from "../web/ports.js";
import { padProposals, scanFor } from "./scan.js";

const SCAN = { seconds: 5, most: 60 } as const;

interface Configured {
  readonly id: string;
  readonly address: string | null;
}

/** Pads that advertise now, the strongest first, with a configuration entry for each. */
export const padsInRange = async (
  body: unknown,
  deps: {
    readonly radio: Radio;
    readonly clock: Clock;
    readonly signal: AbortSignal;
    readonly configured: readonly Configured[];
  },
): Promise<readonly FoundPad[]> => {
  const seconds: unknown = isObject(body) ? (body["seconds"] ?? SCAN.seconds) : null;
  if (typeof seconds !== "number" || !(seconds > 0 && seconds <= SCAN.most))
    throw new HttpError(400, "invalid-payload", `seconds must be a number above 0 and up to ${SCAN.most}.`);
  const { radio, clock, signal, configured } = deps;
  const { state, advice } = radio.state;
  if (state !== "on") throw new HttpError(503, "radio-off", `The radio is ${state}. ${advice ?? ""}`.trim());
  const seen = await scanFor(radio, clock, seconds * 1000, signal).catch((error: unknown) => {
    throw new HttpError(503, "radio-off", asError(error).message);
  });
  const fresh = new Map(padProposals(seen, configured).map((entry) => [entry.address, entry]));
  return seen
    .filter(({ protocol }) => protocol !== null)
    .sort((a, b) => (b.rssi ?? -128) - (a.rssi ?? -128))
    .map((one) => ({
      ...one,
      configured: configured.find(({ address }) => address === one.address)?.id ?? null,
      proposal: fresh.get(one.address) ?? null,
    }));
};

/** The configuration file, as the target for new pads. */
export interface PadsFile {
  /** Null: there is none, as in the demo. */
  readonly file: string | null;
  /** The source that overrides the file's pads; null: the file's pads are used. */
  readonly overriddenBy: string | null;
}

const notWritable = (message: string): HttpError => new HttpError(409, "not-writable", message);

/** Writes one pad into the configuration file. Rejects with HttpError. */
export const addPad = async (body: unknown, { file, overriddenBy }: PadsFile): Promise<AddPadResponse> => {
  if (file === null)
    throw notWritable("The demo has no configuration file. Run the bridge itself to use your pad.");
  if (overriddenBy !== null)
    throw notWritable(`The pads are set by ${overriddenBy}, which overrides ${file}. Add the pad there.`);
  const loaded = loadConfig({ file, explicit: false, env: {} });
  if (!loaded.ok)
    throw notWritable(
      `${file} was changed and has errors: ${loaded.errors.map((one) => one.message).join("; ")}`,
    );
  const { pads, findings } = readPads([...loaded.config.pads, body]);
  const [wrong] = findings;
  if (wrong) throw new HttpError(400, "invalid-pad", configError(wrong).message);
  const { id, name, address } = pads.at(-1) ?? { id: "", name: "", address: null };
  if (address === null) throw new HttpError(400, "invalid-pad", "address is missing.");
  const pad = { id, name, address };
  await savePads(file, [pad]).catch((error: unknown) => {
    throw notWritable(`${asError(error).message} Add this by hand:\n${padsYaml([pad])}`);
  });
  return { pad, file };
};
