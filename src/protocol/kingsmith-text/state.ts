import type { Model } from "../protocol.js";
import type { Access, DecodedMessage, ConnectedDevice } from "../session.js";
import type { Channel } from "./gatt.js";
import { type Handshake, newHandshake } from "./handshake.js";
import type { Props } from "./status.js";
import { newSearch, type ProvenTable, type Search } from "./table-search.js";

/** Everything that a connection remembers. */
export interface Session {
  readonly peer: ConnectedDevice;
  readonly model: Model;
  readonly channel: Channel;
  readonly pending: string;
  readonly search: Search;
  readonly handshake: Handshake;
  readonly proven: ProvenTable | null;
  readonly provenAt: number;
  readonly access: Access;
  readonly props: Props;
  /** A status with a speed came. */
  readonly reported: boolean;
  readonly clockSet: boolean;
  readonly configured: boolean;
  /** So many times it was asked for its configuration. */
  readonly configAsked: number;
  /** So many lines in a row made no sense, or, below 0, told of its state. */
  readonly misread: number;
  /** So often what it said contradicted what it had said before. */
  readonly doubts: number;
  /** When the start was written that the pad has not judged yet. */
  readonly startedAt: number | null;
  /** So many starts in a row were refused. */
  readonly refusals: number;
  readonly asleep: boolean;
}

export const newSession = (peer: ConnectedDevice, model: Model, channel: Channel): Session => ({
  peer,
  model,
  channel,
  pending: "",
  search: newSearch,
  handshake: newHandshake,
  proven: null,
  provenAt: 0,
  access: "pending",
  props: {},
  reported: false,
  clockSet: false,
  configured: false,
  configAsked: 0,
  misread: 0,
  doubts: 0,
  startedAt: null,
  refusals: 0,
  asleep: false,
});

export interface ReceiveResult {
  readonly session: Session;
  readonly messages: readonly DecodedMessage[];
  /** Lines to write at once, encoded. */
  readonly replies: readonly string[];
}

export const quiet = (session: Session, ...messages: readonly DecodedMessage[]): ReceiveResult => ({
  session,
  messages,
  replies: [],
});

/** A pad that does not tell its configuration is asked for it so often. */
export const CONFIG_TRIES = 3;

/** However often it is asked, it does not tell its settings. A line may be lost. */
export const withholds = ({ configured, configAsked }: Session): boolean =>
  !configured && configAsked > CONFIG_TRIES;
