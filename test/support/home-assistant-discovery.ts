type Component = Readonly<Record<string, unknown>>;

interface Pending {
  config: Component;
  readonly updates: Component[];
}

const isStub = (config: Component): boolean => Object.keys(config).length <= 1;

/**
 * What Home Assistant makes of device configs one after the other (core 2025.5 mqtt/discovery.py). A component that is
 * new waits for its platform to be loaded; a config that comes meanwhile is kept for the first component that waits, and
 * the rest of it is passed over. A component that is left out stays; a stub, or an empty payload, removes.
 */
export class DiscoveringHomeAssistant {
  readonly #known = new Map<string, Map<string, Component>>();
  readonly #pending = new Map<string, Pending>();
  #loaded = false;

  /** What is known below a config topic, by the components' keys. */
  components(topic: string): Readonly<Record<string, Component>> {
    return Object.fromEntries(this.#known.get(topic) ?? []);
  }

  /** The platforms are there from now on. */
  loaded(): void {
    this.#loaded = true;
    for (const [id, { config, updates }] of [...this.#pending]) {
      this.#pending.delete(id);
      const [topic = "", key = ""] = id.split(" ");
      for (const each of [config, ...updates]) this.#set(topic, key, each);
    }
  }

  take(topic: string, payload: string | Uint8Array): void {
    const text = payload.toString();
    if (text === "") {
      this.#known.delete(topic);
      return;
    }
    const { cmps } = JSON.parse(text) as { readonly cmps: Readonly<Record<string, Component>> };
    for (const [key, config] of Object.entries(cmps)) {
      const id = `${topic} ${key}`;
      const pending = this.#pending.get(id);
      if (pending) {
        pending.updates.push(config);
        return;
      }
      if (this.#loaded || this.#known.get(topic)?.has(key)) this.#set(topic, key, config);
      else if (!isStub(config)) this.#pending.set(id, { config, updates: [] });
    }
  }

  #set(topic: string, key: string, config: Component): void {
    const components = this.#known.get(topic) ?? new Map<string, Component>();
    if (isStub(config)) components.delete(key);
    else components.set(key, config);
    this.#known.set(topic, components);
  }
}
