import { Document, visit } from "yaml";
import { hasHidden, visibleLines } from "../domain/visible.js";
import type { Config } from "./config.js";
import { MASK, maskUrl } from "./errors.js";

const masked = (secret: string | null): string | null => (secret === null ? null : MASK);

/** The config, complete, with its secrets masked; null where there is none. For `bridge/info`. */
export const effective = (config: Config): Config => {
  const { mqtt, web } = config;
  return {
    ...config,
    mqtt: { ...mqtt, url: maskUrl(mqtt.url), password: masked(mqtt.password) },
    web: { ...web, password: masked(web.password) },
  };
};

/** The same as YAML, for `check-config`; quoted so that YAML 1.1 reads no number into an address. */
export const effectiveYaml = (config: Config): string => {
  const document = new Document(effective(config), { compat: "yaml-1.1", aliasDuplicateObjects: false });
  visit(document, {
    Scalar: (_key, node) => {
      // YAML has escapes only in double quotes.
      if (typeof node.value === "string" && hasHidden(node.value)) node.type = "QUOTE_DOUBLE";
    },
  });
  return visibleLines(document.toString({ lineWidth: 0 }));
};
