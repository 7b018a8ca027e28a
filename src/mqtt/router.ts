import type { Clock } from "../clock.js";
import { asError } from "../domain/errors.js";
import type { Logger } from "../log/log.js";
import type { InMessage } from "./client/broker.js";
import { FloodGuard, mayStop } from "./flood-guard.js";
import { type SetLimits, UNLIMITED } from "./set-messages.js";
import { parseRequest, type ResponsePayload, responsePayload, type Transaction } from "../api/payloads.js";
import { type HomeAssistantTopics, parseTopic } from "./topics.js";

/** The reply to a request. */
export type RequestAnswer = { readonly data?: unknown } | { readonly error: string };

export interface RouterDeps {
  readonly base: string;
  readonly homeAssistant: HomeAssistantTopics;
  readonly clock: Clock;
  readonly log: Logger;
  /** A message on `set` or `set/<key>` of a pad. Stored ones are passed on too: they are refused key by key. */
  readonly set: (pad: string, key: string | null, message: InMessage, limits: SetLimits) => void;
  /** A message on `get`; a stored one is refused too. */
  readonly get: (pad: string, message: InMessage) => void;
  /** Settles in bounded time. */
  readonly request: (verb: string, fields: Readonly<Record<string, unknown>>) => Promise<RequestAnswer>;
  readonly respond: (verb: string, payload: ResponsePayload) => void;
  readonly bridgeState: (text: string) => void;
  readonly status: (message: InMessage) => void;
  readonly discovery: (message: InMessage) => void;
  /** Publishes the empty retained message that clears a topic. */
  readonly clear: (topic: string) => void;
}

/** Routes received messages. Stored commands and requests are refused and cleared (safety rule 3). */
export class Router {
  readonly #deps: RouterDeps;
  readonly #guard: FloodGuard;
  #warnedOfStored = false;
  /** By pad: the place of the last stop that was handled ahead of waiting messages. */
  readonly #stoppedAt = new Map<string, number>();

  constructor(deps: RouterDeps) {
    this.#deps = deps;
    this.#guard = new FloodGuard(deps.clock, deps.log);
  }

  /** Removes every timer. */
  end(): void {
    this.#guard.end();
  }

  /** A message was dropped unread, because of a flood. */
  unread(topic: string): void {
    this.#guard.dropped(topic);
  }

  /** Never throws: no message may end the program. */
  received(message: InMessage): void {
    try {
      this.#route(message);
    } catch (thrown) {
      const err = asError(thrown);
      this.#deps.log.error({ err, topic: message.topic }, "Message dropped: error while handling it");
    }
  }

  #route(message: InMessage): void {
    const { base, homeAssistant, set, get, bridgeState, status, discovery } = this.#deps;
    const inbound = parseTopic(base, message.topic, homeAssistant);
    if (!inbound) return;
    switch (inbound.kind) {
      case "set":
        // An empty payload is how a stored message is cleared (safety rule 3), by the bridge itself too.
        if (message.payload.length === 0) return;
        if (!message.retain) return this.#set(inbound.pad, inbound.key, message);
        set(inbound.pad, inbound.key, message, UNLIMITED);
        return this.#clearStored(message);
      case "get":
        if (!message.retain)
          return this.#guard.inTurn("get", inbound.pad, message.topic, () => get(inbound.pad, message));
        get(inbound.pad, message);
        return this.#clearStored(message);
      case "request":
        if (message.retain) return void this.#request(inbound.verb, message);
        return this.#guard.inTurn("request", inbound.verb, message.topic, () =>
          this.#request(inbound.verb, message),
        );
      case "bridge-state":
        // A stored one is older than this connection, which publishes the present state anyway.
        return message.retain ? undefined : bridgeState(new TextDecoder().decode(message.payload));
      case "homeassistant-status":
        return status(message);
      case "discovery":
        return discovery(message);
    }
  }

  /** Above the limit only possible stops are parsed. */
  #set(pad: string, key: string | null, message: InMessage): void {
    const { clock } = this.#deps;
    const dropped = (): void => this.#guard.dropped(message.topic);
    const limit = this.#guard.limits.of("set", pad);
    const onlyStops = !limit.take(clock.now());
    const { place = Infinity, ahead = false } = message;
    const stoppedAt = this.#stoppedAt.get(pad) ?? 0;
    if (ahead) this.#stoppedAt.set(pad, Math.max(stoppedAt, place));
    if (onlyStops && !mayStop(message.payload)) return dropped();
    this.#deps.set(pad, key, message, {
      onlyStops,
      isOvertaken: !ahead && place <= stoppedAt,
      answersStop: () => this.#guard.limits.of("stop", pad).take(clock.now()),
      charge: (results) => limit.charge(results),
      dropped,
    });
  }

  async #request(verb: string, message: InMessage): Promise<void> {
    if (message.payload.length === 0) {
      this.#respond(verb, {
        error: "empty message: nothing was done. Send {} for a request without fields.",
      });
      return;
    }
    const { fields, transaction } = parseRequest(message.payload);
    if (message.retain) {
      this.#respond(
        verb,
        { error: "retained: the broker had stored this request; it was not carried out." },
        transaction,
      );
      this.#clearStored(message);
      return;
    }
    const answer = await this.#deps
      .request(verb, fields)
      .catch((error: unknown): RequestAnswer => ({ error: asError(error).message }));
    this.#respond(verb, answer, transaction);
  }

  #respond(verb: string, answer: RequestAnswer, transaction?: Transaction): void {
    this.#deps.respond(verb, responsePayload(answer, transaction));
  }

  #clearStored({ topic, retain }: InMessage): void {
    if (!retain) return;
    // One warning is enough; there may be a thousand messages.
    const level = this.#warnedOfStored ? "debug" : "warn";
    this.#warnedOfStored = true;
    this.#deps.log[level](
      { topic },
      "Stored command refused and its topic cleared. Publish commands without the retain flag",
    );
    this.#deps.clear(topic);
  }
}
