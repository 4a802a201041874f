const most = 10;

/** Names for a message: the first ten, and how many there are where that is more. */
export function listNames(names: readonly string[], none = 'none'): string {
  if (names.length === 0) return none;
  const listed = names.slice(0, most).join(', ');
  return names.length > most ? `${listed}, … (${names.length})` : listed;
}
