import { discoveryTopic, topics } from "./topics.js";

/** The topics under which a bridge publishes retained messages. */
export interface TopicPlace {
  readonly base: string;
  readonly discoveryPrefix: string;
  readonly pads: readonly string[];
}

export interface StaleTopics {
  /** Config topics of Home Assistant. */
  readonly configs: readonly string[];
  readonly topics: readonly string[];
}

const configsOf = ({ base, discoveryPrefix, pads }: TopicPlace): readonly string[] =>
  ["bridge", ...pads].map((id) => discoveryTopic(discoveryPrefix, base, id));

/** The retained topics of a pad (docs/topics.md). */
export const retainedTopics = (base: string, pad: string): readonly string[] => {
  const { availability, state, stats } = topics(base).pad(pad);
  return [availability, state, stats];
};

const topicsOf = ({ base, pads }: TopicPlace): readonly string[] => {
  const { state, info, health } = topics(base).bridge;
  return [...pads.flatMap((pad) => retainedTopics(base, pad)), info, health, state];
};

/**
 * Retained messages of an earlier run that this one does not publish again: of a removed pad, or a former base topic or
 * prefix.
 */
export const staleTopics = (before: TopicPlace, now: TopicPlace): StaleTopics => {
  const [configs, kept] = [new Set(configsOf(now)), new Set(topicsOf(now))];
  return {
    configs: configsOf(before).filter((topic) => !configs.has(topic)),
    topics: topicsOf(before).filter((topic) => !kept.has(topic)),
  };
};
