import type { Clock } from "../clock.js";
import { asError } from "../domain/errors.js";
import type { Logger } from "../log/log.js";
import type { InMessage } from "./client/broker.js";
import { parseRequest, responsePayload, type Transaction } from "../api/payloads.js";
import { type HomeAssistantTopics, parseTopic } from "./topics.js";

/** An empty message this soon after we cleared a topic is our own clearing, coming back. */
const ECHO_MS = 10_000;

/** What a request is answered with. */
export type Answer = { readonly data?: unknown } | { readonly error: string };

export interface InboundDeps {
  readonly base: string;
  readonly homeAssistant: HomeAssistantTopics;
  readonly clock: Clock;
  readonly log: Logger;
  /** A message on `set` or `set/<key>` of a pad. Stored ones are passed on, too: they are refused key by key. */
  readonly set: (pad: string, key: string | null, message: InMessage) => void;
  /** A message on `get`; a stored one is refused, too. */
  readonly get: (pad: string, message: InMessage) => void;
  /** Settles in bounded time. */
  readonly request: (verb: string, fields: Readonly<Record<string, unknown>>) => Promise<Answer>;
  readonly respond: (verb: string, payload: object) => void;
  readonly bridgeState: (text: string) => void;
  readonly status: (message: InMessage) => void;
  readonly discovery: (message: InMessage) => void;
  /** Publishes the empty retained message that clears a topic. */
  readonly clear: (topic: string) => void;
}

/** Routes what comes in. Commands and requests that the broker had stored are refused and cleared (contract rule 3). */
export class Inbound {
  readonly #deps: InboundDeps;
  readonly #clearedAt = new Map<string, number>();

  constructor(deps: InboundDeps) {
    this.#deps = deps;
  }

  /** Never throws: no message may end the program, the belts are elsewhere. */
  received(message: InMessage): void {
    try {
      this.#route(message);
    } catch (thrown) {
      const err = asError(thrown);
      this.#deps.log.error({ err, topic: message.topic }, "a message could not be handled and was dropped");
    }
  }

  #route(message: InMessage): void {
    const { base, homeAssistant, set, get, bridgeState, status, discovery } = this.#deps;
    const inbound = parseTopic(base, message.topic, homeAssistant);
    if (!inbound || this.#isEcho(message)) return;
    switch (inbound.kind) {
      case "set":
        set(inbound.pad, inbound.key, message);
        return this.#clearStored(message);
      case "get":
        get(inbound.pad, message);
        return this.#clearStored(message);
      case "request":
        return void this.#request(inbound.verb, message);
      case "bridge-state":
        // A stored one is older than this connection, which ends its welcome with the true one.
        return message.retain ? undefined : bridgeState(new TextDecoder().decode(message.payload));
      case "homeassistant-status":
        return status(message);
      case "discovery":
        return discovery(message);
    }
  }

  async #request(verb: string, message: InMessage): Promise<void> {
    const { fields, transaction } = parseRequest(message.payload);
    if (message.retain) {
      this.#respond(
        verb,
        { error: "retained: the broker had this request stored; it was not carried out." },
        transaction,
      );
      this.#clearStored(message);
      return;
    }
    const answer = await this.#deps
      .request(verb, fields)
      .catch((error: unknown): Answer => ({ error: asError(error).message }));
    this.#respond(verb, answer, transaction);
  }

  #respond(verb: string, answer: Answer, transaction: Transaction | undefined): void {
    this.#deps.respond(verb, responsePayload(answer, transaction));
  }

  #clearStored({ topic, retain }: InMessage): void {
    if (!retain) return;
    // The first is worth a word; there may be a thousand.
    const level = this.#clearedAt.size === 0 ? "warn" : "debug";
    this.#deps.log[level](
      { topic },
      "A stored command was refused and its topic cleared. Publish commands without the retain flag.",
    );
    this.#clearedAt.set(topic, this.#deps.clock.now());
    this.#deps.clear(topic);
  }

  #isEcho({ topic, payload }: InMessage): boolean {
    const at = this.#clearedAt.get(topic);
    return payload.length === 0 && at !== undefined && this.#deps.clock.now() - at < ECHO_MS;
  }
}
