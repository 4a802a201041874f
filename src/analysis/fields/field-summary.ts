import type { NumberQuantiles } from '../../foundation/statistics/number-distribution.js';
import type { Interval } from '../../foundation/statistics/proportions.js';
import type { QualitySummary } from '../label-comparison.js';

/** A number of answers, and their share of the answered reviews (0 to 1; 0 if none was answered). */
export interface CountShare {
  readonly count: number;
  readonly share: number;
}

/** The most frequent values, the more frequent first. */
export interface FrequentEntry {
  readonly value: unknown;
  readonly count: number;
}

/** Comparison with gold values, where a column of them is named. A failed review is a wrong answer. */
interface ComparedRows {
  /** Rows with a gold value, failed ones included. */
  readonly gold_rows: number;
  /** Failed ones among them. */
  readonly gold_rows_failed: number;
}

/** One of several values, or true or false. */
export interface ChoiceSummary extends Partial<ComparedRows & QualitySummary> {
  readonly type: 'enum' | 'boolean';
  readonly answered: number;
  readonly values: Readonly<Record<string, CountShare>>;
}

/** Agreement of lists whose order means nothing. */
interface ListQuality {
  /** Rows with exactly the gold items ÷ rows. */
  readonly exact_match: number | null;
  /** Wilson's interval, 95 %. */
  readonly exact_match_interval: Interval;
  /** Items found ÷ items answered, over all rows. */
  readonly precision: number | null;
  /** Items found ÷ gold items, over all rows. */
  readonly recall: number | null;
}

/** Several of several values. */
export interface ChoicesSummary extends Partial<ComparedRows & ListQuality> {
  readonly type: 'enums';
  readonly answered: number;
  /** Shares of the answered reviews: together they may exceed 1. */
  readonly values: Readonly<Record<string, CountShare>>;
  /** Reviews with none of the values. */
  readonly none: CountShare;
  readonly micro_f1?: number | null;
  /** Of the bootstrap, 95 %; null with fewer than five rows. */
  readonly micro_f1_interval?: Interval | null;
  /** Mean F1 of the values that occur, expected or answered. */
  readonly macro_f1?: number | null;
  readonly macro_f1_interval?: Interval | null;
  readonly per_class?: QualitySummary['per_class'];
}

/** A number. The quantiles are exact up to 1,000 different numbers, beyond within 1 %. */
export interface NumberSummary extends Partial<ComparedRows>, NumberQuantiles {
  readonly type: 'number' | 'integer';
  readonly answered: number;
  /** Mean absolute error of the answered rows with a gold value. */
  readonly mae?: number | null;
  /** Of the bootstrap, 95 %; null with fewer than five rows, or without a spread. */
  readonly mae_interval?: Interval | null;
  /** Rank correlation on the same rows. */
  readonly spearman?: number | null;
  readonly spearman_interval?: Interval | null;
}

/** A text: how many characters it has. */
export interface TextSummary extends Partial<ComparedRows> {
  readonly type: 'string';
  readonly answered: number;
  readonly characters: NumberQuantiles;
  /** Rows with the gold text, case and spacing aside ÷ rows. */
  readonly exact_match?: number | null;
  readonly exact_match_interval?: Interval;
}

/** A list of objects. */
export interface ListSummary extends Partial<ComparedRows & ListQuality> {
  readonly type: 'list';
  readonly answered: number;
  /** Entries of all lists together. */
  readonly entries: number;
  /** Reviews with an empty list. */
  readonly none: CountShare;
  /** Whole entries. Texts are in lower case, as they are compared. */
  readonly most_frequent: readonly FrequentEntry[];
  /** Values of each key of the entries. */
  readonly by_key: Readonly<Record<string, readonly FrequentEntry[]>>;
  /** How much too low a count may be: 0 up to 2,000 different values. */
  readonly count_error: number;
  readonly f1?: number | null;
  /** Of the bootstrap, 95 %; null with fewer than five rows. */
  readonly f1_interval?: Interval | null;
}

/** Any JSON. */
export interface JsonSummary {
  readonly type: 'json';
  readonly answered: number;
}

/** What the answers of a run say in one field. The names are the keys of the JSON output. */
export type FieldSummary = ChoiceSummary | ChoicesSummary | NumberSummary | TextSummary | ListSummary | JsonSummary;
