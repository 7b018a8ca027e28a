import type { Address, Uuid } from "../../src/ble/radio.js";
import type { Clock } from "../../src/clock.js";
import { Peripheral as SimulatedPad, type PeripheralSettings } from "../../src/sim/peripheral.js";
import type { VirtualController } from "./controller.js";
import type { Peripheral, Property, VirtualService } from "./peripheral.js";

/** The simulator's words for what a characteristic allows. */
const PROPERTIES: Readonly<Partial<Record<string, Property>>> = {
  read: "read",
  notify: "notify",
  indicate: "indicate",
  write: "write",
  "write-without-response": "writeWithoutResponse",
};

/**
 * KingSmith's own pads and Sperax's speak in 20 bytes, which says that they agree to no more than the least MTU
 * (wire-facts a.1). A PitPat's status of 47 to 53 bytes says that it agrees to more: 255, as WM2 has seen, whose app
 * trace has the exchange ahead of all else. FTMS: chosen, long enough for all fields of a Treadmill Data at once.
 */
const MTU: Readonly<Partial<Record<string, number>>> = { pitpat: 255, ftms: 185 };

/** "Connection failed to be established": how a KingSmith pad that wants nobody looks (wire-facts b.7.5). */
const REFUSED = 0x3e;

/** The same simulated pad that src/sim/radio.ts mounts, as a device on the air. `pad` is the truth about it. */
export class MountedPad implements Peripheral {
  readonly pad: SimulatedPad;
  readonly #clock: Clock;
  readonly #drop: () => void;
  #notify: (characteristic: Uuid, bytes: Uint8Array) => void = () => undefined;
  #cancel: () => void = () => undefined;

  constructor(pad: SimulatedPad, clock: Clock, drop: () => void) {
    this.pad = pad;
    this.#clock = clock;
    this.#drop = drop;
  }

  get address(): Address {
    return this.pad.address;
  }

  get name(): string {
    return this.pad.name;
  }

  get mtu(): number {
    return MTU[this.pad.model.protocol] ?? 23;
  }

  get services(): readonly VirtualService[] {
    return [...this.pad.model.gatt].map(([uuid, characteristics]) => ({
      uuid,
      characteristics: [...characteristics].map(([each, access]) => ({
        uuid: each,
        properties: access.flatMap((word: string) => PROPERTIES[word] ?? []),
      })),
    }));
  }

  advertising(): boolean {
    return this.pad.isReachable;
  }

  rssi(): number {
    return this.pad.rssi;
  }

  /** Replaces the pad's whole set of faults, from now. */
  setFaults(faults: SimulatedPad["faults"]): void {
    this.pad.faults = faults;
    this.#arm();
  }

  onConnect(): void {
    this.pad.connect({
      onNotification: ({ characteristic, bytes }) => this.#notify(characteristic, bytes),
      drop: () => this.#drop(),
    });
    this.#arm();
  }

  subscribed(characteristic: Uuid): void {
    this.pad.subscribe(characteristic);
  }

  onDisconnect(): void {
    this.#cancel();
    this.pad.disconnect();
  }

  write(characteristic: Uuid, bytes: Uint8Array): void {
    for (const sent of this.pad.receive(characteristic, bytes)) this.#notify(sent.characteristic, sent.bytes);
  }

  read(characteristic: Uuid): Uint8Array | null {
    return this.pad.read(characteristic);
  }

  onNotify(notify: (characteristic: Uuid, bytes: Uint8Array) => void): void {
    this.#notify = notify;
  }

  /** What ends the link by itself. */
  #arm(): void {
    this.#cancel();
    const { failsIn } = this.pad;
    if (failsIn !== null) this.#cancel = this.#clock.after(failsIn, this.#drop);
  }
}

/** Puts simulated pads in front of a controller; gives them back by address. */
export const mountPads = (
  controller: VirtualController,
  settings: readonly PeripheralSettings[],
  clock: Clock,
): ReadonlyMap<Address, MountedPad> => {
  const pads = new Map<Address, MountedPad>();
  for (const each of settings) {
    const pad = new SimulatedPad(each, clock);
    const mounted = new MountedPad(pad, clock, () => controller.drop(pad.address));
    pads.set(pad.address, mounted);
    controller.add(mounted);
  }
  controller.faults.connectStatus = (address) => (pads.get(address)?.pad.refuses() ? REFUSED : null);
  return pads;
};
