/** A longer time between two samples is a pause. */
const GAP_MS = 5_000;

/**
 * At most `most` of the samples, in order: the first, the last, both sides of every pause, and every n-th of the
 * others. The chart of a walk of hours has no more points.
 */
export const downsample = <T extends { readonly at: number }>(
  samples: readonly T[],
  most: number,
): readonly T[] => {
  if (samples.length <= most) return samples;
  const isEdge = ({ at }: T, index: number): boolean => {
    const [before, after] = [samples[index - 1], samples[index + 1]];
    return !before || !after || at - before.at > GAP_MS || after.at - at > GAP_MS;
  };
  const edges = samples.filter(isEdge);
  if (edges.length >= most) return everyNth(edges, most);
  const rest = new Set(everyNth(samples, most - edges.length));
  return samples.filter((sample, index) => rest.has(sample) || isEdge(sample, index));
};

const everyNth = <T>(samples: readonly T[], most: number): readonly T[] => {
  const step = Math.ceil(samples.length / most);
  return samples.filter((_, index) => index % step === 0);
};
