/** Edit distance between two words: insert, delete, replace, swap two neighbours. */
const distance = (from: string, to: string): number => {
  let before: number[] = [];
  let row = Array.from({ length: to.length + 1 }, (_, index) => index);
  const cost = (list: readonly number[], index: number): number => list[index] ?? Infinity;
  for (let i = 0; i < from.length; i += 1) {
    const next = [i + 1];
    for (let j = 0; j < to.length; j += 1) {
      const replaced = cost(row, j) + (from[i] === to[j] ? 0 : 1);
      const swapped = from[i] === to[j - 1] && from[i - 1] === to[j] ? cost(before, j - 1) + 1 : Infinity;
      next.push(Math.min(replaced, swapped, cost(row, j + 1) + 1, cost(next, j) + 1));
    }
    [before, row] = [row, next];
  }
  return cost(row, to.length);
};

/** camelCase, dashes and capitals are common mistakes. */
const plain = (name: string): string => name.toLowerCase().replaceAll(/[_-]/g, "");
const lastPart = (name: string): string => name.slice(name.lastIndexOf(".") + 1);

/** The name that was probably intended, or null. A correct name in the wrong section counts, when it is unique. */
export const suggest = (wrong: string, names: readonly string[]): string | null => {
  const [best] = names
    .map((name) => ({ name, edits: distance(plain(wrong), plain(name)) }))
    .sort((a, b) => a.edits - b.edits);
  if (best !== undefined && best.edits <= Math.max(1, Math.floor(lastPart(wrong).length / 4)))
    return best.name;
  const elsewhere = names.filter((name) => plain(lastPart(name)) === plain(lastPart(wrong)));
  return elsewhere.length === 1 ? (elsewhere[0] ?? null) : null;
};
