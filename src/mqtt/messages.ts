import { unknownState } from "../api/pad-feed.js";
import {
  availabilityPayload,
  responsePayload,
  type ResponsePayload,
  type Result,
  resultPayload,
} from "../api/payloads.js";
import type { PadState } from "../domain/state.js";
import type { OutMessage } from "./client/broker.js";
import type { PadTopics } from "./topics.js";

const STOPS: readonly Result["value"][] = ["OFF", "stop", "pause", 0];

export const retained = (topic: string, payload: string): OutMessage => ({
  topic,
  payload,
  retain: true,
  qos: 1,
});

/** Not retained. */
export const notRetained = (topic: string, payload: object): OutMessage & { readonly payload: string } => ({
  topic,
  payload: JSON.stringify(payload),
  retain: false,
  qos: 1,
});

/** Other results may be dropped when the queue is full; the result of a stop is kept. */
export const resultMessage = (topic: string, result: Result): OutMessage => {
  const important = result.command !== "link" && STOPS.includes(result.value);
  return { ...notRetained(topic, resultPayload(result)), important };
};

/** If the broker refuses a response for its size, the response with this error is sent instead. */
export const responseMessage = (topic: string, verb: string, payload: ResponsePayload): OutMessage => {
  const message = notRetained(topic, payload);
  const advice = verb === "sessions" ? " Request less with limit or since." : "";
  const error = `The response of ${Buffer.byteLength(message.payload)} bytes is larger than the broker accepts.${advice}`;
  return { ...message, instead: notRetained(topic, responsePayload({ error }, payload.transaction)) };
};

/** The state of a pad before its first status of this run; newer values are published after it, not instead of it. */
export const unknownMessages = ({ availability, state }: PadTopics, known: PadState): readonly OutMessage[] =>
  [
    retained(availability, JSON.stringify(availabilityPayload(false))),
    retained(state, JSON.stringify(unknownState(known))),
  ].map((message) => ({ ...message, mustBeSeen: true }));
