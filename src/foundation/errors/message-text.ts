const most = 10;

/** Names for a message: the first ten, and how many there are where that is more. */
export function listNames(names: readonly string[], none = 'none'): string {
  if (names.length === 0) return none;
  const listed = names.slice(0, most).join(', ');
  return names.length > most ? `${listed}, … (${names.length})` : listed;
}

/** `a, b or c` */
export function listChoices(choices: readonly string[]): string {
  return choices.length < 2 ? choices.join('') : `${choices.slice(0, -1).join(', ')} or ${choices.at(-1)}`;
}

/** The known name with the fewest edits from `wanted`, case ignored; null where all are more than half different. */
export function nearestName(wanted: string, known: readonly string[]): string | null {
  let nearest: string | null = null;
  let fewest = Number.POSITIVE_INFINITY;
  for (const name of known) {
    const edits = editDistance(wanted.toLowerCase(), name.toLowerCase());
    if (edits < fewest && edits <= Math.max(wanted.length, name.length) / 2) {
      nearest = name;
      fewest = edits;
    }
  }
  return nearest;
}

/** For a message about an unknown name: the known one that was probably meant, or nothing. */
export function didYouMean(wanted: string, known: readonly string[]): string {
  const nearest = nearestName(wanted, known);
  return nearest === null ? '' : `, did you mean '${nearest}'?`;
}

/** Levenshtein distance, row by row. */
function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, position) => position);
  for (let i = 1; i <= a.length; i += 1) {
    const current = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const replaced = (previous[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      current.push(Math.min(replaced, (previous[j] ?? 0) + 1, (current[j - 1] ?? 0) + 1));
    }
    previous = current;
  }
  return previous[b.length] ?? 0;
}

/** The text with every run of white space as one space, cut after `limit` characters. */
export function oneLine(text: string, limit = Number.POSITIVE_INFINITY): string {
  return text.replace(/\s+/g, ' ').trim().slice(0, limit);
}
