export type Member = readonly [key: string, value: unknown];

/** A string, a mark, or a run of anything else: enough to find the members of JSON that is known to be valid. */
const TOKEN = /"[^"\\]*(?:\\.[^"\\]*)*"|[{}[\],:]|[^\s"{}[\],:]+/g;

/** The members of a JSON object, equal keys included: JSON.parse keeps the last, and the first may be the stop. */
export const members = (object: string): readonly Member[] => {
  const found: Member[] = [];
  let [depth, name, valueAt] = [0, "", -1];
  for (const { 0: token, index } of object.matchAll(TOKEN)) {
    const closes = token === "}" || token === "]";
    if (depth === 1 && valueAt >= 0 && (token === "," || closes)) {
      found.push([JSON.parse(name) as string, JSON.parse(object.slice(valueAt, index))]);
      valueAt = -1;
    } else if (depth === 1 && token === ":") valueAt = index + 1;
    else if (depth === 1 && valueAt < 0) name = token;
    if (closes) depth -= 1;
    else if (token === "{" || token === "[") depth += 1;
  }
  return found;
};
