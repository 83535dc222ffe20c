// The few statistics that the bench and the load generator need.

/** The value below which the share `p` (0 to 1) of the sorted values lies; NaN for none. */
export function percentile(sorted: ArrayLike<number>, p: number): number {
  const index = Math.ceil(sorted.length * p) - 1;
  return sorted[Math.max(0, index)] ?? NaN;
}

/** The middle value, or the mean of the two in the middle; NaN for none. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  return (percentile(sorted, 0.5) + (sorted[Math.floor(middle)] ?? NaN)) / 2;
}
