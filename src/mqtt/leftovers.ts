import { discoveryTopic, topics } from "./topics.js";

/** Where a bridge publishes what the broker keeps. */
export interface Place {
  readonly base: string;
  readonly discoveryPrefix: string;
  readonly pads: readonly string[];
}

export interface Leftovers {
  /** Config topics of Home Assistant. */
  readonly configs: readonly string[];
  readonly topics: readonly string[];
}

const configsOf = ({ base, discoveryPrefix, pads }: Place): readonly string[] =>
  ["bridge", ...pads].map((id) => discoveryTopic(discoveryPrefix, base, id));

/** The retained topics of a pad (contract 3). */
export const retainedTopics = (base: string, pad: string): readonly string[] => {
  const { availability, state, stats } = topics(base).pad(pad);
  return [availability, state, stats];
};

const topicsOf = ({ base, pads }: Place): readonly string[] => {
  const { state, info, health } = topics(base).bridge;
  return [...pads.flatMap((pad) => retainedTopics(base, pad)), info, health, state];
};

/** What an earlier run has left at the broker that this one will not publish anew: of a pad that is gone, of another base topic or prefix. */
export const leftovers = (before: Place, now: Place): Leftovers => {
  const [configs, kept] = [new Set(configsOf(now)), new Set(topicsOf(now))];
  return {
    configs: configsOf(before).filter((topic) => !configs.has(topic)),
    topics: topicsOf(before).filter((topic) => !kept.has(topic)),
  };
};
