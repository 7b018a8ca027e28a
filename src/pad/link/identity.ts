import type { Address } from "../../ble/radio.js";
import { capabilitiesOf, hasNoSpeed } from "../../domain/capabilities.js";
import type { Capabilities, PadPreferences, PadSettings, ProtocolName } from "../../domain/pad.js";
import { kmh } from "../../domain/units.js";
import type { Logger } from "../../log/log.js";
import type { Model } from "../../protocol/protocol.js";
import type { Access } from "../../protocol/session.js";
import type { Machine } from "../control/context.js";

/** What is known of the machine behind a pad id; kept over restarts, so that Home Assistant's entities stay. */
export interface Identity {
  /** The address its advertised name was bound to (contract rule 11), with that name; null: not bound. */
  readonly bound: { readonly name: string; readonly address: Address } | null;
  readonly protocol: ProtocolName | null;
  readonly model: string | null;
  readonly capabilities: Capabilities | null;
  /** What the pad last said about itself, once it has: the config may have changed since. */
  readonly reported?: PadPreferences;
}

export const noIdentity: Identity = { bound: null, protocol: null, model: null, capabilities: null };

/** Where identities are kept. `keep` never throws: a store that cannot be written costs memory, not the belt. */
export interface IdentityStore {
  recall(padId: string): Identity;
  keep(padId: string, identity: Identity): void;
}

/** What a machine is taken for by its model; what the same machine said about itself before still counts. */
const identifiedBy = (identity: Identity, model: Model, settings: PadSettings): Identity => {
  const { bound, reported } = identity;
  const known = { bound, protocol: model.protocol, model: model.name };
  return model.name === identity.model && reported
    ? { ...known, capabilities: capabilitiesOf(model.defaults, reported, settings), reported }
    : { ...known, capabilities: capabilitiesOf(model.defaults, null, settings) };
};

/** What it is taken for after it has spoken for itself; FTMS tells piece by piece, so what was said before still counts. */
const withPreferences = (
  identity: Identity,
  model: Model,
  preferences: PadPreferences,
  settings: PadSettings,
): Identity => {
  const reported = { ...identity.reported, ...preferences };
  return { ...identity, reported, capabilities: capabilitiesOf(model.defaults, reported, settings) };
};

const boundAddress = (identity: Identity, settings: PadSettings): Address | null =>
  identity.bound && identity.bound.name === settings.advertisedName?.toLowerCase()
    ? identity.bound.address
    : null;

export interface IdentityTrackerDeps {
  readonly log: Logger;
  readonly memory: IdentityStore;
  /** What can be asked of the machine became known, or changed. */
  readonly machine: (machine: Machine) => void;
  readonly changed: () => void;
}

/** What is known of the machine behind a pad: learned from its link, remembered over restarts. */
export class IdentityTracker {
  readonly #settings: PadSettings;
  readonly #deps: IdentityTrackerDeps;
  #identity: Identity;
  #model: Model | null = null;
  #toldOfMiles = false;
  #toldOfNoSpeed = false;

  constructor(settings: PadSettings, deps: IdentityTrackerDeps) {
    this.#settings = settings;
    this.#deps = deps;
    this.#identity = deps.memory.recall(settings.id);
  }

  get identity(): Identity {
    return this.#identity;
  }

  /** The address that the advertised name was bound to, or null. */
  get bound(): Address | null {
    return boundAddress(this.#identity, this.#settings);
  }

  /** Contract rule 11: the first address that matches, for good. */
  bind(address: Address): void {
    const name = this.#settings.advertisedName?.toLowerCase();
    if (name === undefined) return;
    this.#deps.log.info({ address }, `"${name}" is ${address} from now on`);
    this.#learn({ ...this.#identity, bound: { name, address } });
  }

  /** Whether the machine counts in miles, as far as is known. */
  onConnected(model: Model): boolean {
    this.#model = model;
    this.#learn(identifiedBy(this.#identity, model, this.#settings));
    return this.#identity.capabilities?.imperial ?? false;
  }

  /** The machine's firmware may require an unlock request. */
  get unlocks(): boolean {
    return this.#model?.quirks.ftms?.unlock ?? false;
  }

  /** The pad has told its preferences. Returns whether it turned out to count in other units than it was taken to. */
  onPreferences(preferences: PadPreferences): boolean {
    if (!this.#model) return false;
    const was = this.#identity.capabilities?.imperial ?? false;
    this.#learn(withPreferences(this.#identity, this.#model, preferences, this.#settings));
    const { capabilities } = this.#identity;
    if (preferences.imperial && capabilities) this.#warnOfMiles(this.#model, kmh(capabilities.maxSpeed));
    return preferences.imperial !== was;
  }

  /**
   * What may be written: a pad that has to prove its words first offers no control before it ever has. One that has
   * keeps it: a handshake that fails later is told by `problem`, and must not cost anybody his entities.
   */
  onAccess(access: Access): void {
    const known = this.#identity.reported?.control;
    const control = access === "full";
    if (!this.#model || known === true || control === (known ?? true)) return;
    const imperial = this.#identity.reported?.imperial ?? false;
    this.#learn(withPreferences(this.#identity, this.#model, { imperial, control }, this.#settings));
  }

  /** Once a run: it does not change by itself. */
  #warnOfMiles({ protocol }: Model, maxSpeed: number): void {
    if (this.#toldOfMiles) return;
    this.#toldOfMiles = true;
    const said =
      protocol === "ftms"
        ? `The machine takes its speeds in miles an hour: they are converted, and capped at ${maxSpeed} km/h.`
        : `The pad is set to miles. Its numbers are taken as km/h but capped at ${maxSpeed}, as if they were mph. ` +
          "Set the pad to kilometres in its app.";
    this.#deps.log.warn({ maxSpeed }, said);
  }

  /** The config is wrong for this machine, which only the machine could tell: said once a run. */
  #reportNoSpeed({ minSpeed, maxSpeed }: Capabilities): void {
    if (this.#toldOfNoSpeed) return;
    this.#toldOfNoSpeed = true;
    const [min, max] = [kmh(minSpeed), kmh(maxSpeed)];
    this.#deps.log.error(
      { minSpeed: min, maxSpeed: max },
      `Configuration error: max_speed of this pad is ${max} km/h, and the machine's slowest speed is ${min} km/h. ` +
        "No speed is written to the belt; it can be stopped. Raise max_speed, or remove it.",
    );
  }

  #learn(identity: Identity): void {
    // Each connection teaches the same again: a change is what is new.
    if (JSON.stringify(identity) !== JSON.stringify(this.#identity)) {
      this.#identity = identity;
      this.#deps.memory.keep(this.#settings.id, identity);
      this.#deps.changed();
    }
    const { capabilities } = identity;
    if (this.#model && capabilities && hasNoSpeed(capabilities)) this.#reportNoSpeed(capabilities);
    if (this.#model && capabilities) this.#deps.machine({ quirks: this.#model.quirks, capabilities });
  }
}
