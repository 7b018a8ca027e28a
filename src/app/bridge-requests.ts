import type { Radio } from "../ble/radio.js";
import type { Clock } from "../clock.js";
import { BridgeError } from "../domain/errors.js";
import { parseFaults } from "../domain/faults.js";
import type { RequestAnswer } from "../mqtt/router.js";
import { scanFor, type FoundDevice } from "./scan.js";
import type { SimulatedRadio } from "../sim/radio.js";

/** A requested scan ends by itself; longer scans belong on the command line. */
const SCAN = { seconds: 10, most: 60 } as const;

export interface RequestDeps {
  readonly clock: Clock;
  readonly radio: Radio;
  /** The radio again, if it is the simulator. */
  readonly simulator: SimulatedRadio | null;
  /** Pad id -> address, where it is known. */
  readonly addresses: ReadonlyMap<string, string>;
  readonly health: () => object;
  readonly sessions: (fields: Fields) => Promise<readonly object[]>;
  readonly restart: () => void;
  /** Aborts every pending request. */
  readonly signal: AbortSignal;
}

type Fields = Readonly<Record<string, unknown>>;

/**
 * bridge/request/<verb> -> its reply (docs/topics.md). Settles within the scan's time; rejects with an Error for the
 * user.
 */
export const answerRequest = async (
  verb: string,
  fields: Fields,
  deps: RequestDeps,
): Promise<RequestAnswer> => {
  switch (verb) {
    case "health_check":
      return { data: { healthy: true, ...deps.health() } };
    case "sessions":
      return { data: await deps.sessions(fields) };
    case "scan":
      return { data: await scan(fields, deps) };
    case "restart":
      deps.restart();
      return {};
    case "simulate":
      return simulate(fields, deps);
    default:
      return {
        error: "unknown request: use scan, health_check, sessions, restart or, with the simulator, simulate",
      };
  }
};

const simulate = ({ pad, faults }: Fields, { simulator, addresses }: RequestDeps): RequestAnswer => {
  if (!simulator) return { error: "simulate works with `bluetooth.radio: simulator` only" };
  const address = typeof pad === "string" ? addresses.get(pad) : undefined;
  if (address === undefined) return { error: `pad must be one of: ${[...addresses.keys()].join(", ")}` };
  const parsed = parseFaults(faults);
  if (!parsed.ok)
    return {
      error: parsed.errors.map(({ key, allowed }) => `${key ?? "faults"} must be ${allowed}`).join("; "),
    };
  simulator.setFaults(address, parsed.faults);
  return { data: { pad, faults: faults ?? {} } };
};

const scan = async (
  { seconds = SCAN.seconds }: Fields,
  { radio, clock, signal }: RequestDeps,
): Promise<readonly FoundDevice[]> => {
  if (typeof seconds !== "number" || !(seconds > 0 && seconds <= SCAN.most))
    throw new Error(`seconds must be a number above 0 and up to ${SCAN.most}`);
  const { state, advice } = radio.state;
  if (state !== "on") throw new BridgeError("radio-off", `The radio is ${state}. ${advice ?? ""}`.trim());
  return scanFor(radio, clock, seconds * 1000, signal);
};
