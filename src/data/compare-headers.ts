import { quoted } from './escape-controls.js';

/** What makes a header differ from an expected one, in words; null where they are the same. */
export function compareHeaders(columns: readonly string[], expected: readonly string[]): string | null {
  if (columns.length === expected.length && columns.every((name, position) => name === expected[position])) return null;
  const missing = without(expected, columns);
  const added = without(columns, expected);
  const parts = [
    ...(missing.length > 0 ? [`${named(missing)} ${missing.length === 1 ? 'is' : 'are'} missing`] : []),
    ...(added.length > 0 ? [`${named(added)} ${added.length === 1 ? 'is' : 'are'} new`] : []),
  ];
  return parts.length > 0 ? parts.join(', ') : 'the same columns in another order';
}

/** The names that are left of `names` when each of `others` is taken out once. */
function without(names: readonly string[], others: readonly string[]): readonly string[] {
  const counts = new Map<string, number>();
  for (const name of others) counts.set(name, (counts.get(name) ?? 0) + 1);
  return names.filter((name) => {
    const count = counts.get(name) ?? 0;
    counts.set(name, count - 1);
    return count <= 0;
  });
}

function named(names: readonly string[]): string {
  const shown = names.slice(0, 5).map((name) => quoted(name));
  return names.length > shown.length ? `${shown.join(', ')} and ${names.length - shown.length} more` : shown.join(', ');
}
