/** A label in a text, with its position. */
interface Mention {
  readonly label: string;
  readonly start: number;
  readonly end: number;
}

/** Negations, and the words that may be between them and a label. */
const negation =
  /(?<![\p{L}\p{N}])(?:not|no|never|neither|nor|nothing|nobody|cannot|without|hardly|\p{L}+n['’]t|rather than|instead of|far from|nicht|kein(?:e|en)?|weder|noch|pas|ni|aucun|nunca|non|né)\s+(?:(?:[\p{L}’'-]+\s+){0,3})["'“”*_`(]*$/iu;

/** Not negations: `not only positive`, and contrasts, after which a new statement begins. */
const noNegation =
  /(?:not|nicht)\s+(?:only|just|merely|nur)\b|(?<![\p{L}])(?:but|so|it is|it's|rather|sondern|mais|sino)\s/iu;

/** Separators in a list of labels without a choice. */
const joint =
  /^["'“”*_`)\s]*(?:,|\/|\||(?:,\s*)?(?:or|and|nor|oder|und|ou|et|o|y|vs\.?|versus)(?=[\s"'“*_`(]))\s*(?:an?\s+)?["'“”*_`(\s]*$/iu;

/** Words before a conclusion. */
const conclusion =
  /(?:sentiment|label|answer|classification|category|verdict|conclusion|rating)[\p{L}\s]{0,40}?(?:is|as|be|was|:)[\s"'“*_`:]*(?:clearly\s+|overall\s+|generally\s+|mostly\s+|predominantly\s+|very\s+)?$|(?:overall|therefore|hence|thus|in (?:conclusion|summary|short)|on the whole|classif(?:y|ied)|so)[\p{L}\s,:]{0,40}?["'“*_`]*$/iu;

/**
 * The label that is the conclusion of a free text: the only label that it states. Undefined if it states none, or several
 * without a conclusion.
 *
 * A label counts as a whole word; of several that begin at one position, the longest counts. Negated labels (`not
 * positive`, `neither positive nor negative`) and members of a list (`positive or negative`) are not statements. If
 * several labels remain, the one behind words of conclusion (`the sentiment is`, `overall`) counts, if it is one.
 */
export function findLabel(text: string, labels: readonly string[]): string | undefined {
  const mentions = mentionsIn(text, labels);
  const listed = new Set(
    mentions.flatMap((mention, at) => (isJoined(text, mention, mentions[at + 1]) ? [at, at + 1] : [])),
  );
  const stated = mentions.filter((mention, at) => !listed.has(at) && !isNegated(text, mention));
  return only(stated) ?? only(stated.filter(({ start }) => conclusion.test(clauseBefore(text, start))));
}

function only(mentions: readonly Mention[]): string | undefined {
  const labels = new Set(mentions.map(({ label }) => label));
  return labels.size === 1 ? mentions[0]?.label : undefined;
}

/** All mentions in order, without shorter labels inside longer ones. */
function mentionsIn(text: string, labels: readonly string[]): readonly Mention[] {
  const lengthOf = ({ start, end }: Mention) => end - start;
  const all = labels.flatMap((label) =>
    [...text.matchAll(wholeWord(label))].map(({ 0: found, index }) => ({
      label,
      start: index,
      end: index + found.length,
    })),
  );
  return all
    .filter(
      (one) => !all.some((other) => lengthOf(other) > lengthOf(one) && other.start < one.end && one.start < other.end),
    )
    .sort((a, b) => a.start - b.start);
}

/** Whether two mentions are in a list, as in `positive, negative` and `negative or positive`. */
function isJoined(text: string, one: Mention, next: Mention | undefined): boolean {
  if (next === undefined || next.label === one.label) return false;
  return joint.test(text.slice(one.end, next.start));
}

function isNegated(text: string, { start }: Mention): boolean {
  const before = clauseBefore(text, start);
  const found = negation.exec(before);
  return found !== null && !noNegation.test(found[0]);
}

/** The text before a position in the same clause. */
function clauseBefore(text: string, start: number): string {
  const before = text.slice(Math.max(0, start - 120), start);
  return before.slice(before.search(/[^.!?;\n]*$/));
}

function wholeWord(label: string): RegExp {
  const words = label
    .trim()
    .split(/\s+/)
    .map((word) => word.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&'));
  return new RegExp(`(?<![\\p{L}\\p{N}])${words.join('\\s+')}(?![\\p{L}\\p{N}])`, 'giu');
}
