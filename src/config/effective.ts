import { stringify } from "yaml";
import type { Config } from "./config.js";
import { MASK, maskUrl } from "./errors.js";

/** The config, complete, with its secrets masked; null where there is none. For `bridge/info`. */
export const effective = (config: Config): Config => {
  const { mqtt } = config;
  return {
    ...config,
    mqtt: { ...mqtt, url: maskUrl(mqtt.url), password: mqtt.password === null ? null : MASK },
  };
};

/** The same as YAML, for `check-config`; quoted so that YAML 1.1 reads no number into an address. */
export const effectiveYaml = (config: Config): string =>
  stringify(effective(config), { compat: "yaml-1.1", lineWidth: 0 });
