/** A word is cut where going to its end would leave less than this share. */
const leftByWord = 0.5;

/**
 * The last place up to `index` where a text may be cut: between sentences, else words, else characters as people see them.
 * @param leftBySentence share of the text up to `index` that must be left for a cut between sentences, 0 to 1
 */
export function boundaryUpTo(text: string, index: number, leftBySentence: number): number {
  for (const [kind, left] of preferences(leftBySentence)) {
    const found = segmentAt(text, segmentAt(text, index, kind).start, 'grapheme').start;
    if (found > 0 && found >= index * left) return found;
  }
  return segmentAt(text, index, 'grapheme').start;
}

/** The first place from `index` on where a text may be cut, in the same way. */
export function boundaryFrom(text: string, index: number, leftBySentence: number): number {
  const kept = text.length - index;
  for (const [kind, left] of preferences(leftBySentence)) {
    const found = startFrom(text, startFrom(text, index, kind), 'grapheme');
    if (found < text.length && text.length - found >= kept * left) return found;
  }
  return startFrom(text, index, 'grapheme');
}

function preferences(leftBySentence: number) {
  return [
    ['sentence', leftBySentence],
    ['word', leftByWord],
  ] as const;
}

const segmenters = {
  sentence: new Intl.Segmenter('en', { granularity: 'sentence' }),
  word: new Intl.Segmenter('en', { granularity: 'word' }),
  grapheme: new Intl.Segmenter('en', { granularity: 'grapheme' }),
};

interface Segment {
  readonly start: number;
  readonly end: number;
}

function startFrom(text: string, index: number, kind: keyof typeof segmenters): number {
  const { start, end } = segmentAt(text, index, kind);
  return start === index ? index : end;
}

/** UTF-16 units around an index in which a segment is looked for first: looking at a long text takes its length. */
const reach = 4_096;

/** The segment in which the unit at `index` is. */
function segmentAt(text: string, index: number, kind: keyof typeof segmenters): Segment {
  if (index >= text.length) return { start: text.length, end: text.length };
  // A space begins a character in any case, whatever is before it.
  const from = text.length > reach ? text.indexOf(' ', Math.max(0, index - reach)) : 0;
  const to = Math.min(text.length, index + reach);
  if (from >= 0 && from < index) {
    const { start, end } = within(text.slice(from, to), index - from, kind);
    const isWhole = (start > 0 || from === 0) && (end < to - from || to === text.length);
    if (isWhole) return { start: from + start, end: from + end };
  }
  return within(text, index, kind);
}

function within(text: string, index: number, kind: keyof typeof segmenters): Segment {
  const found = segmenters[kind].segment(text).containing(index);
  return found ? { start: found.index, end: found.index + found.segment.length } : { start: index, end: index };
}
