import type { Address } from "../../ble/radio.js";
import type { PadPreferences, PadSettings } from "../../domain/pad.js";
import { kmh } from "../../domain/units.js";
import type { Logger } from "../../log/log.js";
import type { Model } from "../../protocol/protocol.js";
import type { Machine } from "../control/next-write.js";
import { boundAddress, described, type Identity, type Memory, met } from "./identity.js";

export interface AcquaintanceDeps {
  readonly log: Logger;
  readonly memory: Memory;
  /** What can be asked of the machine became known, or changed. */
  readonly machine: (machine: Machine) => void;
  readonly changed: () => void;
}

/** What is known of the machine behind a pad: learned from its link, remembered over restarts. */
export class Acquaintance {
  readonly #settings: PadSettings;
  readonly #deps: AcquaintanceDeps;
  #identity: Identity;
  #model: Model | null = null;
  #toldOfMiles = false;

  constructor(settings: PadSettings, deps: AcquaintanceDeps) {
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
  meet(model: Model): boolean {
    this.#model = model;
    this.#learn(met(this.#identity, model, this.#settings));
    return this.#identity.capabilities?.imperial ?? false;
  }

  /** The pad has told its preferences. Returns whether it turned out to count in other units than it was taken to. */
  hear(preferences: PadPreferences): boolean {
    if (!this.#model) return false;
    const was = this.#identity.capabilities?.imperial ?? false;
    this.#learn(described(this.#identity, this.#model, preferences, this.#settings));
    const { capabilities } = this.#identity;
    if (preferences.imperial && capabilities) this.#warnOfMiles(this.#model, kmh(capabilities.maxSpeed));
    return preferences.imperial !== was;
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

  #learn(identity: Identity): void {
    // Each connection teaches the same again: a change is what is new.
    if (JSON.stringify(identity) !== JSON.stringify(this.#identity)) {
      this.#identity = identity;
      this.#deps.memory.keep(this.#settings.id, identity);
      this.#deps.changed();
    }
    const { capabilities } = identity;
    if (this.#model && capabilities) this.#deps.machine({ quirks: this.#model.quirks, capabilities });
  }
}
