import type { Address, Advertisement, Uuid } from "../ble/radio.js";
import type { Clock } from "../clock.js";
import type { Faults, SimulatedPadSettings } from "../domain/faults.js";
import type { Access } from "./machine-model.js";
import { machineModel } from "./models.js";
import {
  connected,
  damaged,
  endsLink,
  newPad,
  receive,
  notify,
  nextNotificationIn,
  subscribe,
  tick,
  valueOf,
  withFaults,
} from "./pad.js";
import type { Notification, Pad, PadOptions, SimulatedMachine } from "./pad.js";
import { roll, seedOf } from "./random.js";

/** A simulated pad as configured; `options` are for tests. */
export interface PeripheralSettings extends SimulatedPadSettings {
  readonly options?: PadOptions;
}

/** The owner of a pad's connection: it receives the pad's own notifications, and the loss of the link. */
export interface ConnectionPort {
  readonly onNotification: (sent: Notification) => void;
  readonly drop: () => void;
}

/** Milliseconds. */
const LEAST_WAIT = 0.01;

/** After its link has crashed a KingSmith machine refuses connections for tens of seconds (wire-facts b.7.5). */
const REFUSES_MS = 10_000;
/** Between two WiLink frames: ph4's spacing (wire-facts a.9). */
const GAP = 690;

/**
 * A pad on the air, without a transport: it follows the clock, its state is computed on access, and its notifications
 * are subject to the faults of the link.
 */
export class Peripheral {
  readonly address: Address;
  readonly name: string;
  readonly model: SimulatedMachine;
  /** False: it neither advertises nor can be reached. */
  inRange = true;
  readonly #clock: Clock;
  #pad: Pad;
  #lived: number;
  #seed: number;
  #connectedAt: number | null = null;
  #refusesUntil = Infinity;
  #crashedUntil = -Infinity;
  #carrier: ConnectionPort | null = null;
  #cancelNotify: () => void = () => undefined;

  constructor(settings: PeripheralSettings, clock: Clock) {
    const model = machineModel(settings.model);
    this.address = settings.address.toLowerCase();
    this.name = settings.name ?? model.advertised;
    this.model = model;
    this.#clock = clock;
    this.#seed = seedOf(this.address);
    this.#lived = clock.now();
    this.#pad = newPad(model, { seed: this.#seed, name: this.name, gap: GAP, ...settings.options });
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
    this.#listen();
  }

  get faults(): Faults {
    return this.#pad.machine.faults;
  }

  set faults(faults: Faults) {
    const { seconds } = faults.refuseConnect;
    this.#refusesUntil = seconds === null ? Infinity : this.#clock.now() + seconds * 1000;
    this.pad = withFaults(this.pad, faults);
  }

  /**
   * Whether it advertises and can be connected to: a pad accepts one link, and does not advertise while connected
   * (wire-facts a.1).
   */
  get isReachable(): boolean {
    return this.inRange && this.#connectedAt === null;
  }

  /** Whether it refuses this connect. */
  refuses(): boolean {
    const now = this.#clock.now();
    if (now < this.#crashedUntil) return true;
    return now < this.#refusesUntil && this.#dice() < this.faults.refuseConnect.share;
  }

  /** Without a carrier it only answers. */
  connect(carrier: ConnectionPort | null = null): void {
    this.#connectedAt = this.#clock.now();
    this.#carrier = carrier;
    this.pad = connected(this.pad);
  }

  disconnect(): void {
    this.#connectedAt = null;
    this.#carrier = null;
    this.#cancelNotify();
  }

  /** Its client has subscribed to notifications, or indications, of a characteristic. */
  subscribe(characteristic: Uuid): void {
    this.pad = subscribe(this.pad, characteristic);
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

  get properties(): ReadonlyMap<Uuid, readonly Access[]> {
    return new Map([...this.model.gatt.values()].flatMap((each) => [...each]));
  }

  allows(characteristic: Uuid, access: Access): boolean {
    return [...this.model.gatt.values()].some((each) => each.get(characteristic)?.includes(access));
  }

  /** A frame has arrived. Returns the notifications that arrive: fewer than the pad sent, or damaged ones. */
  receive(characteristic: Uuid, bytes: Uint8Array): readonly Notification[] {
    const { pad, notifications } = receive(this.pad, characteristic, bytes);
    this.pad = pad;
    this.#reviewLink();
    return this.#onAir(notifications);
  }

  /** The value of a characteristic; null: nothing to read, or the pad is silent. */
  read(characteristic: Uuid): Uint8Array | null {
    return this.#isSilent() ? null : valueOf(this.pad, characteristic);
  }

  /** dBm: a strength derived from the address, give or take 2. */
  get rssi(): number {
    return -50 - (Math.abs(seedOf(this.address)) % 20) + Math.round(this.#dice() * 4 - 2);
  }

  get advertisement(): Advertisement {
    const services = [...this.model.gatt.keys()];
    return { address: this.address, name: this.name, rssi: this.rssi, services };
  }

  #reviewLink(): void {
    const end = endsLink(this.#pad);
    if (end === "crash") this.#crashedUntil = this.#clock.now() + REFUSES_MS;
    if (end !== null) this.#carrier?.drop();
  }

  /** A timer runs only with a carrier; `least`: not before this many milliseconds. */
  #listen(least = 0): void {
    this.#cancelNotify();
    const inMs = this.#carrier ? nextNotificationIn(this.#pad) : null;
    if (inMs === null) return;
    // A wait smaller than the clock's resolution would not advance the time, and repeat for ever.
    const wait = Math.max(inMs > 0 ? LEAST_WAIT : 0, inMs, least);
    this.#cancelNotify = this.#clock.after(wait, () => this.#speak());
  }

  #speak(): void {
    const { pad, notifications } = notify(this.pad);
    this.pad = pad;
    if (this.inRange) for (const sent of this.#onAir(notifications)) this.#carrier?.onNotification(sent);
    this.#reviewLink();
    // A pad that would drop a link that is already being closed sends nothing, and cannot drop it: time must pass.
    if (notifications.length === 0) this.#listen(1);
  }

  #onAir(notifications: readonly Notification[]): readonly Notification[] {
    return notifications.filter(() => this.#isDelivered()).map((sent) => this.#damaged(sent));
  }

  #isSilent(): boolean {
    const { silent } = this.faults;
    const since = this.#clock.now() - (this.#connectedAt ?? Infinity);
    return silent !== null && since >= silent * 1000;
  }

  #isDelivered(): boolean {
    return !this.#isSilent() && !(this.#dice() < this.faults.drop);
  }

  #damaged(sent: Notification): Notification {
    if (!(this.#dice() < this.faults.corrupt)) return sent;
    const at = Math.floor(this.#dice() * sent.bytes.length);
    return { ...sent, bytes: damaged(this.#pad, sent.bytes, at) };
  }

  #dice(): number {
    const [value, next] = roll(this.#seed);
    this.#seed = next;
    return value;
  }
}
