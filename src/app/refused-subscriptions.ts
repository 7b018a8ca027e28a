import type { ComponentState } from "../api/page.js";
import type { Logger } from "../log/log.js";
import { topics } from "../mqtt/topics.js";

const ADVICE =
  "Use the page or the pad's remote meanwhile, and allow the bridge's user to subscribe to these topics in the broker's " +
  "access list. The bridge asks again each minute";

/** The subscriptions that the broker refuses, as far as they matter to users. */
export class RefusedSubscriptions {
  readonly #base: string;
  readonly #log: Logger;
  readonly #changed: (deafPads: readonly string[]) => void;
  #refused: readonly string[] = [];
  #deafPads: readonly string[] = [];

  /** `changed` receives the ids of all pads whose commands do not arrive. */
  constructor(base: string, log: Logger, changed: (deafPads: readonly string[]) => void) {
    this.#base = base;
    this.#log = log;
    this.#changed = changed;
  }

  /** For `bridge/info`. */
  get state(): ComponentState {
    if (this.#refused.length === 0) return { state: "ok", advice: null };
    return { state: "refused", advice: `${this.#sentence()}: ${this.#refused.join(", ")}. ${ADVICE}.` };
  }

  set(refused: readonly string[], pads: readonly { readonly settings: { readonly id: string } }[]): void {
    if (refused.join("\n") === this.#refused.join("\n")) return;
    this.#refused = refused;
    this.#deafPads = pads.map(({ settings }) => settings.id).filter((id) => this.#isDeaf(id));
    if (refused.length === 0)
      this.#log.info({}, "Broker grants all subscriptions; commands over MQTT arrive again");
    else this.#log.error({ topics: refused, pads: this.#deafPads, advice: ADVICE }, this.#sentence());
    this.#changed(this.#deafPads);
  }

  #isDeaf(id: string): boolean {
    const { set, setKey } = topics(this.#base).pad(id);
    return this.#refused.includes(set) || this.#refused.includes(setKey("+"));
  }

  #sentence(): string {
    return this.#deafPads.length === 0
      ? "Broker refuses subscriptions; messages to these topics do not arrive"
      : `Broker refuses subscriptions; OFF and all other commands over MQTT do not arrive for ${this.#deafPads.join(", ")}`;
  }
}
