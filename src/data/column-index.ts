const indexes = new WeakMap<readonly string[], ReadonlyMap<string, number>>();

/**
 * Every column under a name of its own, with its position: a name that comes again gets `_2`, `_3` …, skipping those
 * that are in the header already. The first one keeps its name, the empty name stays empty.
 * The answer is kept for each array of columns, so asking again costs one look-up.
 */
export function columnIndex(columns: readonly string[]): ReadonlyMap<string, number> {
  const kept = indexes.get(columns);
  if (kept) return kept;
  const index = new Map<string, number>();
  const given = new Set(columns);
  /** The number that a name got last: names that come again thousands of times cost no time for each pair of them. */
  const numbers = new Map<string, number>();
  columns.forEach((name, position) => {
    let unique = name;
    if (index.has(name)) {
      let number = numbers.get(name) ?? 1;
      do {
        number += 1;
        unique = `${name}_${number}`;
      } while (given.has(unique) || index.has(unique));
      numbers.set(name, number);
    }
    index.set(unique, position);
  });
  indexes.set(columns, index);
  return index;
}
