import type { Clock } from "../clock.js";
import { type Command, failure, isStop, type Outcome } from "../domain/command.js";
import { asError } from "../domain/errors.js";
import type { Logger } from "../log/log.js";
import type { InMessage } from "./client/broker.js";
import { FloodGuard, mayStop } from "./flood-guard.js";
import { unanswered } from "./stop-merger.js";
import {
  parseRequest,
  type ResponsePayload,
  type Result,
  responsePayload,
  type Transaction,
} from "../api/payloads.js";
import type { PadPort } from "../api/pad-port.js";
import { parseSet, type ParsedSet, type Rejected } from "../api/set-message.js";
import { submitSet } from "../api/submit-set.js";
import { type HomeAssistantTopics, parseTopic } from "./topics.js";

/** What a request is answered with. */
export type Answer = { readonly data?: unknown } | { readonly error: string };

export interface RouterDeps {
  readonly base: string;
  readonly homeAssistant: HomeAssistantTopics;
  readonly clock: Clock;
  readonly log: Logger;
  /** A message on `set` or `set/<key>` of a pad. Stored ones are passed on, too: they are refused key by key. */
  readonly set: (pad: string, key: string | null, message: InMessage, limits: SetLimits) => void;
  /** A message on `get`; a stored one is refused, too. */
  readonly get: (pad: string, message: InMessage) => void;
  /** Settles in bounded time. */
  readonly request: (verb: string, fields: Readonly<Record<string, unknown>>) => Promise<Answer>;
  readonly respond: (verb: string, payload: ResponsePayload) => void;
  readonly bridgeState: (text: string) => void;
  readonly status: (message: InMessage) => void;
  readonly discovery: (message: InMessage) => void;
  /** Publishes the empty retained message that clears a topic. */
  readonly clear: (topic: string) => void;
}

/** What a message on `set` may still cause. */
export interface SetLimits {
  /** Above the limit of its pad: a stop in it is carried out, nothing else is. */
  readonly onlyStops: boolean;
  /** Whether a stop above the limit is answered; each call counts. */
  readonly answersStop: () => boolean;
  /** So many results more than one were caused. */
  readonly charge: (results: number) => void;
  readonly dropped: () => void;
}

/** Routes what comes in. Commands and requests that the broker had stored are refused and cleared (safety rule 3). */
export class Router {
  readonly #deps: RouterDeps;
  readonly #guard: FloodGuard;
  #warnedOfStored = false;

  constructor(deps: RouterDeps) {
    this.#deps = deps;
    this.#guard = new FloodGuard(deps.clock, deps.log);
  }

  /** No timer stays behind. */
  end(): void {
    this.#guard.end();
  }

  /** A message was left unread, because too many come. */
  unread(topic: string): void {
    this.#guard.dropped(topic);
  }

  /** Never throws: no message may end the program, the belts are elsewhere. */
  received(message: InMessage): void {
    try {
      this.#route(message);
    } catch (thrown) {
      const err = asError(thrown);
      this.#deps.log.error({ err, topic: message.topic }, "Message could not be handled and was dropped");
    }
  }

  #route(message: InMessage): void {
    const { base, homeAssistant, set, get, bridgeState, status, discovery } = this.#deps;
    const inbound = parseTopic(base, message.topic, homeAssistant);
    if (!inbound) return;
    switch (inbound.kind) {
      case "set":
        // What clearing a stored message looks like (safety rule 3), our own clearing included.
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
        // A stored one is older than this connection, which ends its welcome with the true one.
        return message.retain ? undefined : bridgeState(new TextDecoder().decode(message.payload));
      case "homeassistant-status":
        return status(message);
      case "discovery":
        return discovery(message);
    }
  }

  /** Above the limit only what may be a stop is parsed. */
  #set(pad: string, key: string | null, message: InMessage): void {
    const { clock } = this.#deps;
    const dropped = (): void => this.#guard.dropped(message.topic);
    const limit = this.#guard.limit("set", pad);
    const onlyStops = !limit.take(clock.now());
    if (onlyStops && !mayStop(message.payload)) return dropped();
    this.#deps.set(pad, key, message, {
      onlyStops,
      answersStop: () => this.#guard.limit("stop", pad).take(clock.now()),
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

  #respond(verb: string, answer: Answer, transaction?: Transaction): void {
    this.#deps.respond(verb, responsePayload(answer, transaction));
  }

  #clearStored({ topic, retain }: InMessage): void {
    if (!retain) return;
    // One line is enough; there may be a thousand of them.
    const level = this.#warnedOfStored ? "debug" : "warn";
    this.#warnedOfStored = true;
    this.#deps.log[level](
      { topic },
      "A stored command was refused and its topic cleared. Publish commands without the retain flag.",
    );
    this.#deps.clear(topic);
  }
}

/** For stored messages: they come once a connect, and each is answered and cleared (safety rule 3). */
const UNLIMITED: SetLimits = {
  onlyStops: false,
  answersStop: () => true,
  charge: () => undefined,
  dropped: () => undefined,
};

export interface SetDeps {
  readonly clock: Clock;
  readonly log: Logger;
  /** When what is read now came in, on the clock (safety rule 2). */
  readonly arrived: () => number;
  readonly answer: (padId: string, result: Result) => void;
}

/**
 * A redelivered start, and a speed may be one, would do again what was done already (docs/topics.md); a stop may come as
 * often as it likes, and what only names a state says the same twice.
 */
const REPEATABLE: readonly Command["value"][] = ["OFF", "stop", "pause", 0];
const STATES: readonly Command["key"][] = ["mode", "incline", "link"];
const survivesDup = ({ key, value }: Command): boolean => REPEATABLE.includes(value) || STATES.includes(key);

const RETAINED = failure(
  "retained",
  "The broker had this stored, so nobody is asking for it now; it was not carried out and the topic was cleared. " +
    "Publish commands without the retain flag.",
);

/** Turns a message on `set` or `set/<key>` into commands for a pad and results for its sender. */
export const takeSet = (
  padId: string,
  pad: Pick<PadPort, "submit">,
  key: string | null,
  message: InMessage,
  deps: SetDeps,
  limits: SetLimits = UNLIMITED,
): void => {
  const arrived = deps.arrived();
  const parsed = parseSet(key, message.payload);
  if (limits.onlyStops) return takeStops(padId, pad, parsed, deps, limits);
  limits.charge(Math.max(0, parsed.commands.length + parsed.rejected.length - 1));
  const { clock } = deps;
  const answer = (result: Result): void => deps.answer(padId, result);
  if (message.retain) {
    for (const one of retained(parsed)) answer({ ...one, id: parsed.id, tookMs: clock.now() - arrived });
    return;
  }
  const commands = message.dup ? parsed.commands.filter(survivesDup) : parsed.commands;
  if (commands.length < parsed.commands.length)
    deps.log.debug({ pad: padId }, "dropped a redelivered command: it may have been done already");
  submitSet(pad, { ...parsed, commands }, { arrived, now: () => clock.now(), wall: clock.wall(), answer });
};

/** Above the limit: a stop is carried out, and answered while the limit of stops allows it. */
const takeStops = (
  padId: string,
  pad: Pick<PadPort, "submit">,
  parsed: ParsedSet,
  deps: SetDeps,
  limits: SetLimits,
): void => {
  const arrived = deps.arrived();
  const answer = answering(padId, parsed, arrived, deps);
  const asked = parsed.commands.filter(isStop).map((command) => ({
    command,
    respond: limits.answersStop()
      ? (outcome: Outcome) => answer({ command: command.key, value: command.value, outcome })
      : unanswered,
  }));
  if (asked.length > 0) pad.submit(asked, arrived, parsed.stale);
  if (asked.every(({ respond }) => respond === unanswered)) limits.dropped();
};

const answering =
  (padId: string, { id }: ParsedSet, arrived: number, deps: SetDeps) =>
  ({ command, value, outcome }: Rejected): void =>
    deps.answer(padId, { id, command, value, outcome, tookMs: deps.clock.now() - arrived });

/** One refusal a key, or one for the message where no key could be read. */
const retained = ({ commands, rejected }: ParsedSet): readonly Rejected[] => {
  const keys = [
    ...commands.map(({ key, value }) => ({ command: key, value, outcome: RETAINED })),
    ...rejected.map((one) => ({ ...one, outcome: RETAINED })),
  ];
  return keys.length > 0 ? keys : [NO_KEY];
};

const NO_KEY: Rejected = { command: null, value: null, outcome: RETAINED };
/** What a stored message on `get` is answered with: there is no key to name. */
export const STORED_GET: Result = { ...NO_KEY, id: null, tookMs: 0 };
