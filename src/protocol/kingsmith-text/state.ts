import type { Model } from "../protocol.js";
import type { Access, DecodedMessage, ConnectedDevice } from "../session.js";
import type { Channel } from "./gatt.js";
import { type Handshake, newHandshake } from "./handshake.js";
import type { Props } from "./status.js";
import { newSearch, type ProvenTable, type Search } from "./table-search.js";

/** The state of one connection. */
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
  /** A status with a speed has arrived. */
  readonly reported: boolean;
  readonly clockSet: boolean;
  /** The last command was a stop, and it was written with the clock. */
  readonly clockWritten: boolean;
  /** It has accepted a start: it obeys without its clock. */
  readonly obeyed: boolean;
  readonly configured: boolean;
  /** The number of polls that the configuration was queried with, or that have passed without. */
  readonly configAsked: number;
  /** The number of invalid lines in a row or, below 0, of lines with its state. */
  readonly misread: number;
  /** So many lines with its state in a row have shown that the table is the right one. */
  readonly certain: boolean;
  /** How often its lines contradicted earlier ones. */
  readonly doubts: number;
  /** When the start was written that the pad has not answered yet. */
  readonly startedAt: number | null;
  /** The number of refused starts in a row. */
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
  clockWritten: false,
  obeyed: false,
  configured: false,
  configAsked: 0,
  misread: 0,
  certain: false,
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

/** How often a pad that does not report its configuration is queried for it before that means something. */
export const CONFIG_TRIES = 3;
/** Then with every so many polls: its answers were lost, or it is woken at its panel. */
export const CONFIG_EVERY = 10;

/** The pad does not report its settings after all queries. A line may be lost. */
export const withholds = ({ configured, configAsked }: Session): boolean =>
  !configured && configAsked > CONFIG_TRIES;
