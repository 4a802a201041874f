/** The text with every run of white space as one space, cut after `limit` characters. */
export function oneLine(text: string, limit = Number.POSITIVE_INFINITY): string {
  return text.replace(/\s+/g, ' ').trim().slice(0, limit);
}

/** `1 cell`, `2 cells` */
export function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

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

/** The known name with the fewest edits from `wanted`, case ignored; null if all are more than half different. */
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

/** A path as one word of a POSIX shell, for commands in messages. */
export function shellWord(path: string): string {
  const word = path.startsWith('-') ? `./${path}` : path;
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

/** What a schema (zod) says about one value. */
interface SchemaIssue {
  readonly path: readonly PropertyKey[];
  readonly message: string;
  /** Keys that the schema does not know. */
  readonly keys?: readonly string[];
}

/**
 * An issue of a schema as one line: the path, then what is wrong there; an unknown key with the nearest known one.
 * @param root name of the whole value
 */
export function describeIssue(
  { path, message, keys }: SchemaIssue,
  root: string,
  knownKeys: (path: readonly PropertyKey[]) => readonly string[] = () => [],
): string {
  const place = path.join('.');
  if (!keys) return `${place || root}: ${message}`;
  const known = knownKeys(path);
  return keys
    .map((key) => {
      const near = nearestName(key, known) ?? known.join(', ');
      return `unknown key '${place ? `${place}.` : ''}${key}'${near && ` (nearest known: ${near})`}`;
    })
    .join('; ');
}
