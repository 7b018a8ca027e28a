import type { Address } from "../../ble/radio.js";
import { capabilitiesOf, hasNoSpeed } from "../../domain/capabilities.js";
import type { Identity } from "../../domain/identity.js";
import type { Capabilities, PadPreferences, PadSettings } from "../../domain/pad.js";
import { kmh } from "../../domain/units.js";
import type { Logger } from "../../log/log.js";
import type { Model } from "../../protocol/protocol.js";
import type { Access } from "../../protocol/session.js";
import type { Machine } from "../control/context.js";

/** The store of identities. `keep` never throws: while the store cannot be written, only history is not saved. */
export interface IdentityStore {
  recall(padId: string): Identity;
  keep(padId: string, identity: Identity): void;
}

/** The machine by its model; earlier reports of the same machine still apply. */
const identifiedBy = (identity: Identity, model: Model, settings: PadSettings): Identity => {
  const { bound, reported } = identity;
  const known = { bound, protocol: model.protocol, model: model.name };
  return model.name === identity.model && reported
    ? { ...known, capabilities: capabilitiesOf(model.defaults, reported, settings), reported }
    : { ...known, capabilities: capabilitiesOf(model.defaults, null, settings) };
};

/** The machine after its own report; FTMS reports in steps, so earlier reports still apply. */
const withPreferences = (
  identity: Identity,
  model: Model,
  preferences: PadPreferences,
  settings: PadSettings,
): Identity => {
  const reported = { ...identity.reported, ...preferences };
  return { ...identity, reported, capabilities: capabilitiesOf(model.defaults, reported, settings) };
};

/** Not one that the config gives to another pad by now: this pad's commands would move that one's belt. */
const boundAddress = ({ bound }: Identity, { advertisedName, taken }: PadSettings): Address | null =>
  bound && bound.name === advertisedName?.toLowerCase() && !taken.includes(bound.address)
    ? bound.address
    : null;

export interface IdentityTrackerDeps {
  readonly log: Logger;
  readonly memory: IdentityStore;
  /** The machine's capabilities became known, or changed. */
  readonly machine: (machine: Machine) => void;
  readonly changed: () => void;
}

/** The identity of the machine behind a pad: learned on its link, kept across restarts. */
export class IdentityTracker {
  readonly #settings: PadSettings;
  readonly #deps: IdentityTrackerDeps;
  #identity: Identity;
  #model: Model | null = null;
  #warnedOfMiles = false;
  #reportedNoSpeed = false;

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

  /** Safety rule 11: the first address that matches, permanently. */
  bind(address: Address): void {
    const name = this.#settings.advertisedName?.toLowerCase();
    if (name === undefined) return;
    this.#deps.log.info({ address }, `"${name}" is ${address} from now on`);
    this.#learn({ ...this.#identity, bound: { name, address } });
  }

  /** Whether the machine counts in miles, as far as known. */
  onConnected(model: Model): boolean {
    this.#model = model;
    this.#learn(identifiedBy(this.#identity, model, this.#settings));
    return this.#identity.capabilities?.imperial ?? false;
  }

  /** The machine's firmware may require an unlock request. */
  get unlocks(): boolean {
    return this.#model?.quirks.ftms?.unlock ?? false;
  }

  /** The pad has reported its preferences. Returns whether its unit differs from the assumed one. */
  onPreferences(preferences: PadPreferences): boolean {
    if (!this.#model) return false;
    const was = this.#identity.capabilities?.imperial ?? false;
    this.#learn(withPreferences(this.#identity, this.#model, preferences, this.#settings));
    const { capabilities } = this.#identity;
    if (preferences.imperial && capabilities) this.#warnOfMiles(this.#model, kmh(capabilities.maxSpeed));
    return preferences.imperial !== was;
  }

  /**
   * The access to the pad: a pad that must prove its table has no control before its first proof. After it, control
   * stays: `problem` reports a later failure, and the entities must not disappear.
   */
  onAccess(access: Access): void {
    const known = this.#identity.reported?.control;
    const control = access === "full";
    if (!this.#model || known === true || control === (known ?? true)) return;
    const imperial = this.#identity.reported?.imperial ?? false;
    this.#learn(withPreferences(this.#identity, this.#model, { imperial, control }, this.#settings));
  }

  /** Once per run: it does not change by itself. */
  #warnOfMiles({ protocol }: Model, maxSpeed: number): void {
    if (this.#warnedOfMiles) return;
    this.#warnedOfMiles = true;
    const message =
      protocol === "ftms"
        ? `The machine interprets speeds as miles per hour: they are converted, and capped at ${maxSpeed} km/h.`
        : `The pad is set to miles. Its numbers are taken as km/h but capped at ${maxSpeed}, as if they were mph. ` +
          "Set the pad to kilometres in its app.";
    this.#deps.log.warn({ maxSpeed }, message);
  }

  /** The config is wrong for this machine, which only the machine could show: logged once per run. */
  #reportNoSpeed({ minSpeed, maxSpeed }: Capabilities): void {
    if (this.#reportedNoSpeed) return;
    this.#reportedNoSpeed = true;
    const [min, max] = [kmh(minSpeed), kmh(maxSpeed)];
    this.#deps.log.error(
      { minSpeed: min, maxSpeed: max },
      `Configuration error: max_speed of this pad is ${max} km/h, and the machine's slowest speed is ${min} km/h. ` +
        "No speed is written to the belt; it can be stopped. Raise max_speed, or remove it.",
    );
  }

  #learn(identity: Identity): void {
    // Each connection reports the same again: only a change is saved.
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
