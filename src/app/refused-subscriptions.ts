import type { Part } from "../api/page.js";
import type { Logger } from "../log/log.js";
import { topics } from "../mqtt/topics.js";

const ADVICE =
  "Use the page or the pad's remote meanwhile, and allow the bridge's user to subscribe to these topics in the broker's " +
  "access list. The bridge asks again each minute";

/** What the broker does not let the bridge hear, as far as users are to know. */
export class RefusedSubscriptions {
  readonly #base: string;
  readonly #log: Logger;
  readonly #changed: (deafPads: readonly string[]) => void;
  #refused: readonly string[] = [];
  #deafPads: readonly string[] = [];

  /** `changed` hears the ids of all pads to which commands do not come. */
  constructor(base: string, log: Logger, changed: (deafPads: readonly string[]) => void) {
    this.#base = base;
    this.#log = log;
    this.#changed = changed;
  }

  /** For `bridge/info`. */
  get state(): Part {
    if (this.#refused.length === 0) return { state: "ok", advice: null };
    return { state: "refused", advice: `${this.#sentence()}: ${this.#refused.join(", ")}. ${ADVICE}.` };
  }

  set(refused: readonly string[], pads: readonly { readonly settings: { readonly id: string } }[]): void {
    if (refused.join("\n") === this.#refused.join("\n")) return;
    this.#refused = refused;
    this.#deafPads = pads.map(({ settings }) => settings.id).filter((id) => this.#isDeaf(id));
    if (refused.length === 0)
      this.#log.info({}, "Broker grants every subscription now; commands over MQTT arrive again");
    else this.#log.error({ topics: refused, pads: this.#deafPads, advice: ADVICE }, this.#sentence());
    this.#changed(this.#deafPads);
  }

  #isDeaf(id: string): boolean {
    const { set, setKey } = topics(this.#base).pad(id);
    return this.#refused.includes(set) || this.#refused.includes(setKey("+"));
  }

  #sentence(): string {
    return this.#deafPads.length === 0
      ? "Broker refuses subscriptions; what is sent there does not arrive"
      : `Broker refuses subscriptions; OFF and every other command over MQTT does not arrive for ${this.#deafPads.join(", ")}`;
  }
}
