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
  columns.forEach((name, position) => {
    index.set(index.has(name) ? freeName(name, given, index) : name, position);
  });
  indexes.set(columns, index);
  return index;
}

function freeName(name: string, given: ReadonlySet<string>, index: ReadonlyMap<string, number>): string {
  let number = 2;
  while (given.has(`${name}_${number}`) || index.has(`${name}_${number}`)) number += 1;
  return `${name}_${number}`;
}
