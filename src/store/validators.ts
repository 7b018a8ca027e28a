// What was written by another version, or by a failing disk, must not bring the bridge down at every start: only what
// has the right shape is taken up.

export type Test = (value: unknown) => boolean;
interface Shape {
  readonly [key: string]: Test;
}

export const number: Test = (value) => typeof value === "number" && Number.isFinite(value);
export const boolean: Test = (value) => typeof value === "boolean";
export const text: Test = (value) => typeof value === "string";
export const word =
  (...words: readonly unknown[]): Test =>
  (value) =>
    words.includes(value);
export const orNull =
  (test: Test): Test =>
  (value) =>
    value === null || test(value);
export const optional =
  (test: Test): Test =>
  (value) =>
    value === undefined || test(value);
export const list =
  (test: Test): Test =>
  (value) =>
    Array.isArray(value) && value.every(test);
export const object =
  (shape: Shape): Test =>
  (value) => {
    if (typeof value !== "object" || value === null) return false;
    const fields = new Map(Object.entries(value));
    return Object.entries(shape).every(([key, test]) => test(fields.get(key)));
  };

/** Undefined for what is no JSON. */
export const fromJson = (json: string): unknown => {
  try {
    return JSON.parse(json) as unknown;
  } catch {
    return undefined;
  }
};
