/** A text in quotes, in which `""` stands for a quote. */
const quotedText = /"(?:[^"]|"")*"(?!")/y;

/** Where a quote may open: at the beginning of an entry; in a list of pairs also behind the equals sign. */
const opensEntry = /^\s*$/;
const opensSide = /(?:^|=)\s*$/;

/**
 * The entries of a list that is written like a line of CSV: `yes,"no, never",maybe` has three. Null if a quote is not
 * closed, or the list has several lines.
 */
export function parseList(text: string): readonly string[] | null {
  return splitEntries(text, opensEntry)?.map(unquoted) ?? null;
}

/**
 * The pairs of a list such as `a=x,"b, c"=y,d="z, z"`; a pair may be quoted as a whole. The last equals sign outside of
 * quotes separates its sides. An entry without one is a pair without its first side. Null as for `parseList`.
 */
export function parsePairs(text: string): readonly (readonly [from: string, to: string])[] | null {
  return splitEntries(text, opensSide)?.map(toPair) ?? null;
}

/** An entry as `parseList` reads it. */
export function listEntry(entry: string): string {
  return /[",]/.test(entry) ? quoted(entry) : entry;
}

/** A pair as `parsePairs` reads it. */
export function pairEntry(from: string, to: string): string {
  return `${sideOf(from)}=${sideOf(to)}`;
}

function sideOf(text: string): string {
  return /[",=]/.test(text) ? quoted(text) : text;
}

function quoted(text: string): string {
  return `"${text.replaceAll('"', '""')}"`;
}

function splitEntries(text: string, opens: RegExp): readonly string[] | null {
  const list = text.trim();
  const entries: string[] = [];
  let entry = '';
  for (let place = 0; place < list.length; ) {
    const sign = list[place] ?? '';
    let taken = sign;
    if (sign === '\n' || sign === '\r') return null;
    if (sign === '"' && opens.test(entry)) {
      quotedText.lastIndex = place;
      const [found] = quotedText.exec(list) ?? [];
      if (found === undefined) return null;
      taken = found;
    }
    if (taken === ',') {
      entries.push(entry.trim());
      entry = '';
    } else entry += taken;
    place += taken.length;
  }
  return [...entries, entry.trim()];
}

function toPair(entry: string): readonly [from: string, to: string] {
  const whole = unquoted(entry);
  if (whole !== entry) return atLastEquals(whole);
  const [, before, last] = /^(.*)=\s*("(?:[^"]|"")*")$/s.exec(entry) ?? [];
  const [from, to] = before !== undefined && last !== undefined ? [before, last] : atLastEquals(entry);
  return [unquoted(from.trim()), unquoted(to.trim())];
}

function atLastEquals(text: string): readonly [from: string, to: string] {
  const end = text.lastIndexOf('=');
  return [text.slice(0, Math.max(0, end)), text.slice(end + 1)];
}

/** The text in the quotes, where it stands in quotes as a whole. */
function unquoted(entry: string): string {
  const [, inside] = /^"((?:[^"]|"")*)"$/.exec(entry) ?? [];
  return inside === undefined ? entry : inside.replaceAll('""', '"').trim();
}
