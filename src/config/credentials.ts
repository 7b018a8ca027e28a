import type { Config } from "./config.js";

const decodeSequence = (sequence: string): string => {
  try {
    return decodeURIComponent(sequence);
  } catch {
    return sequence;
  }
};

/** A stray % is taken literally: passwords often contain one. */
const decode = (text: string): string | null =>
  text === "" ? null : text.replace(/(%[0-9a-f]{2})+/gi, decodeSequence);

/** The user and the password in the broker's URL, and the URL without them. The URL must be valid. */
export const splitUrl = (
  given: string,
): { url: string; username: string | null; password: string | null } => {
  if (!given.includes("@")) return { url: given, username: null, password: null };
  const url = new URL(given);
  const [username, password] = [decode(url.username), decode(url.password)];
  url.username = "";
  url.password = "";
  return { url: url.href, username, password };
};

/** Shorter query values are versions and flags, not tokens; masking them would blank half of the log. */
const SHORTEST_TOKEN = 8;

/** Every secret that the program knows, for the log's last defence. */
export const secretsOf = ({ mqtt: { url, password }, web }: Config): readonly string[] => {
  const query = url.includes("?") ? [...new URL(url).searchParams.values()] : [];
  return [
    ...[password, web.password].filter((secret) => secret !== null),
    ...query.filter(({ length }) => length >= SHORTEST_TOKEN),
  ];
};
