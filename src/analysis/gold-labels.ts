import { quoted } from '../foundation/text/control-characters.js';
import { pairEntry } from '../foundation/text/list-text.js';
import { cleanLabel, foldName } from '../foundation/text/visible-text.js';

/** Values that say that there is no label, in lower case. */
const noneValues = new Set([
  'nan',
  'na',
  'n/a',
  '#n/a',
  'null',
  'nil',
  'none',
  'undefined',
  'unknown',
  'missing',
  '-',
  '?',
]);

/** Different values that are told apart; further ones are counted together. */
const mostValues = 1_000;

/** Longer values are not labels but texts: less of them is shown. */
const longestShown = 20;

/** Of each value so many characters are kept. */
const longestKept = 60;

const listed = 8;

/** Finds out which label a value of the label column means. */
export class GoldLabels {
  private readonly known: ReadonlySet<string>;
  private readonly byForm: ReadonlyMap<string, string | null>;
  private readonly translations: ReadonlyMap<string, string>;
  private readonly translationsByForm: ReadonlyMap<string, string | null>;

  /** @param translations values and the labels that they mean; an empty one: rows with this value have no gold label */
  constructor(
    readonly labels: readonly string[],
    translations: ReadonlyMap<string, string> = new Map(),
  ) {
    this.known = new Set(labels);
    this.byForm = byForm(labels.map((label) => [label, label]));
    this.translations = translations;
    this.translationsByForm = byForm([...translations]);
  }

  /**
   * The label that a value means: itself, its translation, or the only label that differs from it in case, spacing,
   * invisible characters and the composition of its letters. A value that means none stays as it is.
   * @returns undefined if there is no gold label
   */
  labelOf(value: string | null | undefined): string | undefined {
    const given = value === null || value === undefined ? '' : cleanLabel(value);
    if (given === '') return undefined;
    const translated = this.translations.get(given);
    if (translated === undefined && this.known.has(given)) return given;
    const form = foldName(given);
    if (form === '') return undefined;
    const target = translated ?? this.translationsByForm.get(form) ?? given;
    if (target === '') return undefined;
    return this.known.has(target) ? target : (this.byForm.get(foldName(target)) ?? target);
  }

  /** Whether it is one of the labels. */
  has(label: string): boolean {
    return this.known.has(label);
  }

  /** Targets of the translations that mean none of the labels. */
  strangeTargets(): readonly string[] {
    const targets = new Set(this.translations.values());
    return [...targets].filter((target) => target !== '' && !this.known.has(this.byForm.get(foldName(target)) ?? ''));
  }
}

/** Null if several have the same form. */
function byForm(pairs: readonly (readonly [string, string])[]): ReadonlyMap<string, string | null> {
  const found = new Map<string, string | null>();
  for (const [name, value] of pairs) {
    const form = foldName(name);
    found.set(form, !found.has(form) || found.get(form) === value ? value : null);
  }
  return found;
}

/** Counts values that are none of the labels, in memory that does not grow with their number. */
export class ValuesOutside {
  private readonly counts = new Map<string, number>();
  private total = 0;
  private others = 0;

  add(value: string): void {
    this.total += 1;
    const key = value.slice(0, longestKept);
    const before = this.counts.get(key);
    if (before !== undefined) this.counts.set(key, before + 1);
    else if (this.counts.size < mostValues) this.counts.set(key, 1);
    else this.others += 1;
  }

  /** Rows with such a value. */
  get rows(): number {
    return this.total;
  }

  /** Different values, as far as they are told apart. */
  get different(): number {
    return this.counts.size;
  }

  /** The most frequent values with their counts, cut short: a value may be a whole text. */
  list(): string {
    const shown = this.frequent().map(([value, count]) => `${quoted(value, longestShown)} (${count})`);
    const left = this.counts.size - shown.length;
    const more = this.others > 0 ? 'and many others' : left > 0 ? `and ${left} others` : '';
    return [shown.join(', '), more].filter((part) => part !== '').join(', ');
  }

  /** As `value=LABEL`, the pairs that would translate the values; a value that says that there is no label is left empty. */
  translations(labels: readonly string[]): readonly string[] {
    return this.frequent().flatMap(([value]) =>
      value.length > longestShown ? [] : [pairEntry(value, likely(value, labels))],
    );
  }

  private frequent(): readonly (readonly [string, number])[] {
    return [...this.counts].sort(([, a], [, b]) => b - a).slice(0, listed);
  }
}

/** The label that is meant, where there is little doubt: it begins like the value. */
function likely(given: string, labels: readonly string[]): string {
  const wanted = foldName(given);
  if (noneValues.has(wanted)) return '';
  const begun = labels.filter((label) => wanted !== '' && foldName(label).startsWith(wanted));
  return begun.length === 1 && begun[0] !== undefined ? begun[0] : 'LABEL';
}
