import type { Address, Uuid } from "../ble/radio.js";
import type { Clock } from "../clock.js";
import { BridgeError } from "../domain/errors.js";
import type { Faults } from "../domain/faults.js";
import { SimulatedLink } from "./link.js";
import type { Pad } from "./pad.js";
import { Peripheral } from "./peripheral.js";
import type { PeripheralSettings } from "./peripheral.js";

/** Frames kept in the log: two hours of polls, and no more memory than that. */
const WIRE_LENGTH = 10_000;

/** A frame that reached a pad; `at` is the clock's `now()`. */
export interface WireFrame {
  readonly at: number;
  readonly address: Address;
  readonly characteristic: Uuid;
  readonly bytes: Uint8Array;
}

/** The environment of a simulated radio. */
export interface World {
  readonly clock: Clock;
  readonly peripherals: ReadonlyMap<Address, Peripheral>;
  readonly links: Map<Address, SimulatedLink>;
  readonly wire: WireFrame[];
  readonly observe: Observer | null;
}

/** Receives each frame that reaches a pad, and the pad before and after it. */
export type Observer = (frame: WireFrame, before: Pad, after: Pad) => void;

/** The controls of a test, or of `bridge/request/simulate`. An unknown address throws BridgeError. */
export interface WorldControls {
  /** The newest frames that reached a pad, the oldest first. */
  readonly wire: readonly WireFrame[];
  /** The pad as it is now; `beltSpeed(pad)` is the true speed of its belt. */
  pad(address: Address): Pad;
  /** Changes a pad: `act(address, (pad) => remote(pad, "start-stop"))`. */
  act(address: Address, change: (pad: Pad) => Pad): void;
  /** Replaces the pad's whole set of faults, from now. */
  setFaults(address: Address, faults: Faults): void;
  /** Breaks the link, if there is one. */
  disconnect(address: Address): void;
  /** Out of range a pad does not advertise, and its link is lost after the supervision timeout. */
  outOfRange(address: Address, out: boolean): void;
  /** While set, nothing passes the pad's present link, which stays up: calls end at their deadline. */
  hangWrites(address: Address, hang: boolean): void;
}

export const newWorld = (
  pads: readonly PeripheralSettings[],
  { clock, observe = null }: { readonly clock: Clock; readonly observe?: Observer | null },
): World => {
  const peripherals = pads.map((settings) => new Peripheral(settings, clock));
  return {
    clock,
    peripherals: new Map(peripherals.map((each) => [each.address, each])),
    links: new Map(),
    wire: [],
    observe,
  };
};

/** The link to a pad that has just taken the connection. */
export const linkTo = (world: World, peripheral: Peripheral): SimulatedLink => {
  const { address } = peripheral;
  const link = new SimulatedLink(peripheral, {
    clock: world.clock,
    onFrame: (characteristic, bytes, obey) => {
      const frame = { at: world.clock.now(), address, characteristic, bytes };
      record(world, frame);
      const before = peripheral.pad;
      obey();
      world.observe?.(frame, before, peripheral.pad);
    },
    onEnd: () => world.links.delete(address),
  });
  world.links.set(address, link);
  return link;
};

export const controlsOf = (world: World): WorldControls => {
  const linkOf = (address: Address): SimulatedLink | undefined =>
    world.links.get(peripheralOf(world, address).address);
  return {
    wire: world.wire,
    pad: (address) => peripheralOf(world, address).pad,
    act(address, change) {
      const peripheral = peripheralOf(world, address);
      peripheral.pad = change(peripheral.pad);
    },
    setFaults(address, faults) {
      peripheralOf(world, address).faults = faults;
      linkOf(address)?.review();
    },
    disconnect: (address) => linkOf(address)?.lose(),
    outOfRange(address, out) {
      peripheralOf(world, address).inRange = !out;
      linkOf(address)?.review();
    },
    hangWrites: (address, hang) => linkOf(address)?.hang(hang),
  };
};

const record = ({ wire }: World, frame: WireFrame): void => {
  wire.push(frame);
  if (wire.length > WIRE_LENGTH) wire.shift();
};

const peripheralOf = ({ peripherals }: World, address: Address): Peripheral => {
  const peripheral = peripherals.get(address.toLowerCase());
  if (peripheral) return peripheral;
  throw new BridgeError("not-a-pad", `No simulated pad has the address ${address}.`, { retry: "never" });
};
