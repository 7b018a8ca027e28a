import type { Address, Advertisement, Uuid } from "../ble/radio.js";
import type { Clock } from "../clock.js";
import type { Faults, SimulatedPadSettings } from "../domain/faults.js";
import { BridgeError } from "../domain/errors.js";
import { machineModel } from "./models.js";
import type { Access, MachineModel } from "./models.js";
import { connected, newPad, receive, tick, valueOf, withFaults } from "./pad.js";
import type { Notification, Pad, PadOptions } from "./pad.js";
import { roll, seedOf } from "./random.js";

/** A simulated pad as configured; `options` are for tests. */
export interface PeripheralSettings extends SimulatedPadSettings {
  readonly options?: PadOptions;
}

/**
 * A pad on the air, without any transport: it lives by the clock whether or not anybody looks, its time being
 * worked out when somebody does, and its notifications suffer the faults of the link.
 */
export class Peripheral {
  readonly address: Address;
  readonly name: string;
  readonly model: MachineModel;
  /** False: neither heard nor reachable. */
  inRange = true;
  readonly #clock: Clock;
  #pad: Pad;
  #lived: number;
  #seed: number;
  #connectedAt: number | null = null;
  #refusesUntil = Infinity;

  constructor(settings: PeripheralSettings, clock: Clock) {
    const model = machineModel(settings.model);
    if (!model) throw unknownModel(settings.model);
    this.address = settings.address.toLowerCase();
    this.name = settings.name ?? model.advertised;
    this.model = model;
    this.#clock = clock;
    this.#seed = seedOf(this.address);
    this.#lived = clock.now();
    this.#pad = newPad(model, { seed: this.#seed, ...settings.options });
    this.faults = settings.faults;
  }

  /** The pad as it is now. */
  get pad(): Pad {
    const now = this.#clock.now();
    this.#pad = tick(this.#pad, now - this.#lived);
    this.#lived = now;
    return this.#pad;
  }

  set pad(pad: Pad) {
    this.#pad = pad;
    this.#lived = this.#clock.now();
  }

  get faults(): Faults {
    return this.#pad.machine.faults;
  }

  set faults(faults: Faults) {
    const { seconds } = faults.refuseConnect;
    this.#refusesUntil = seconds === null ? Infinity : this.#clock.now() + seconds * 1000;
    this.pad = withFaults(this.pad, faults);
  }

  /** Whether it advertises and can be connected to: a pad has one link, and is mute otherwise (wire-facts a.1). */
  get isReachable(): boolean {
    return this.inRange && this.#connectedAt === null;
  }

  /** Whether it turns this connect down. */
  refuses(): boolean {
    return this.#clock.now() < this.#refusesUntil && this.#dice() < this.faults.refuseConnect.share;
  }

  connect(): void {
    this.#connectedAt = this.#clock.now();
    this.pad = connected(this.pad);
  }

  disconnect(): void {
    this.#connectedAt = null;
  }

  /** Milliseconds until the link fails by fault; null: it does not. */
  get failsIn(): number | null {
    const { disconnectAfter } = this.faults;
    if (disconnectAfter === null || this.#connectedAt === null) return null;
    return Math.max(0, this.#connectedAt + disconnectAfter * 1000 - this.#clock.now());
  }

  /** The discovered GATT: service -> its characteristics. */
  get services(): ReadonlyMap<Uuid, readonly Uuid[]> {
    return new Map(
      [...this.model.gatt].map(([service, characteristics]) => [service, [...characteristics.keys()]]),
    );
  }

  allows(characteristic: Uuid, access: Access): boolean {
    return [...this.model.gatt.values()].some((each) => each.get(characteristic)?.includes(access));
  }

  /** A frame has arrived. What comes back is what reaches the air: less than the pad sent, or worse. */
  receive(characteristic: Uuid, bytes: Uint8Array): readonly Notification[] {
    const { pad, notifications } = receive(this.pad, characteristic, bytes);
    this.pad = pad;
    return notifications.filter(() => this.#isHeard()).map((sent) => this.#damaged(sent));
  }

  /** The value of a characteristic; null: nothing to read, or nothing is heard. */
  read(characteristic: Uuid): Uint8Array | null {
    return this.#isSilent() ? null : valueOf(this.pad, characteristic);
  }

  /** dBm: some strength of the address's own, give or take 2. */
  get rssi(): number {
    return -50 - (Math.abs(seedOf(this.address)) % 20) + Math.round(this.#dice() * 4 - 2);
  }

  get advertisement(): Advertisement {
    const services = [...this.model.gatt.keys()];
    return { address: this.address, name: this.name, rssi: this.rssi, services };
  }

  #isSilent(): boolean {
    const { silent } = this.faults;
    const since = this.#clock.now() - (this.#connectedAt ?? Infinity);
    return silent !== null && since >= silent * 1000;
  }

  #isHeard(): boolean {
    return !this.#isSilent() && !(this.#dice() < this.faults.drop);
  }

  #damaged(sent: Notification): Notification {
    if (!(this.#dice() < this.faults.corrupt)) return sent;
    const at = Math.floor(this.#dice() * sent.bytes.length);
    return { ...sent, bytes: sent.bytes.map((byte, index) => (index === at ? byte ^ 0x10 : byte)) };
  }

  #dice(): number {
    const [value, next] = roll(this.#seed);
    this.#seed = next;
    return value;
  }
}

const unknownModel = (name: string): BridgeError =>
  new BridgeError("config", `The simulator has no model "${name}" yet.`, {
    retry: "never",
    advice: "Use c2, a1, p1 or r1pro.",
  });
