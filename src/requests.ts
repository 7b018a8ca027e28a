import type { Advertisement, Radio } from "./ble/radio.js";
import type { Clock } from "./clock.js";
import { BridgeError } from "./domain/errors.js";
import { parseFaults } from "./domain/faults.js";
import type { Answer } from "./mqtt/inbound.js";
import { identify } from "./protocol/identify.js";
import { recogniseByName } from "./protocol/models.js";
import type { SimulatedRadio } from "./sim/radio.js";

/** A scan by request ends by itself; longer ones belong on the command line. */
const SCAN = { seconds: 10, most: 60 } as const;

export interface RequestDeps {
  readonly clock: Clock;
  readonly radio: Radio;
  /** The radio again, where it is the simulator. */
  readonly simulator: SimulatedRadio | null;
  /** Pad id -> address, as far as it is known. */
  readonly addresses: ReadonlyMap<string, string>;
  readonly health: () => object;
  readonly sessions: (fields: Fields) => readonly object[];
  readonly restart: () => void;
  /** Ends everything that still waits. */
  readonly signal: AbortSignal;
}

type Fields = Readonly<Record<string, unknown>>;

/** bridge/request/<verb> -> its answer (contract 3). Settles within the scan's time; rejects with an Error to show. */
export const answerRequest = async (verb: string, fields: Fields, deps: RequestDeps): Promise<Answer> => {
  switch (verb) {
    case "health_check":
      return { data: { healthy: true, ...deps.health() } };
    case "sessions":
      return { data: deps.sessions(fields) };
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

const simulate = ({ pad, faults }: Fields, { simulator, addresses }: RequestDeps): Answer => {
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

/** What one device that advertises is to us. */
export interface Sighting {
  readonly address: string;
  readonly name: string | null;
  readonly rssi: number | null;
  readonly protocol: string | null;
  readonly model: string | null;
}

export const sighting = ({ address, name, rssi, services }: Advertisement): Sighting => {
  const known = name === null ? null : recogniseByName(name);
  return {
    address,
    name,
    rssi,
    protocol: known?.protocol ?? identify(services),
    model: known?.model ?? null,
  };
};

/** Everything that advertises within `ms`: recognised pads first, the nearest first. */
export const scanFor = async (
  radio: Radio,
  clock: Clock,
  ms: number,
  signal: AbortSignal,
): Promise<Sighting[]> => {
  const seen = new Map<string, Sighting>();
  const over = new AbortController();
  const end = (): void => over.abort();
  signal.addEventListener("abort", end, { once: true });
  const cancel = clock.after(ms, end);
  try {
    await radio.scan(
      (advertisement) => {
        const now = sighting(advertisement);
        const before = seen.get(now.address);
        // Names come in scan responses, so a later advertisement may lack what an earlier one had.
        seen.set(now.address, {
          ...before,
          ...now,
          name: now.name ?? before?.name ?? null,
          model: now.model ?? before?.model ?? null,
          protocol: now.protocol ?? before?.protocol ?? null,
        });
      },
      { signal: over.signal },
    );
  } finally {
    cancel();
    signal.removeEventListener("abort", end);
  }
  const rank = (one: Sighting): number => (one.protocol === null ? -1000 : 0) + (one.rssi ?? -128);
  return [...seen.values()].sort((a, b) => rank(b) - rank(a));
};

const scan = async (
  { seconds = SCAN.seconds }: Fields,
  { radio, clock, signal }: RequestDeps,
): Promise<Sighting[]> => {
  if (typeof seconds !== "number" || !(seconds > 0 && seconds <= SCAN.most))
    throw new Error(`seconds must be a number above 0 and up to ${SCAN.most}`);
  const { state, advice } = radio.state;
  if (state !== "on") throw new BridgeError("radio-off", `The radio is ${state}. ${advice ?? ""}`.trim());
  return scanFor(radio, clock, seconds * 1000, signal);
};
