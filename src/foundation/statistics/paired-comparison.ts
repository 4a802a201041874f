import { type FailureRule, type ScoreOptions, scoreConfusion } from './classification-scores.js';
import { type BootstrapOptions, pairedBootstrap } from './paired-bootstrap.js';
import type { PairedOutcomes, PairedTable } from './paired-table.js';
import { type DiscordantOdds, discordantOdds, exactMcNemar, tangoInterval } from './paired-tests.js';
import { defaultConfidence, type Interval, type IntervalOptions } from './proportions.js';

interface ComparisonOptions extends BootstrapOptions {
  /** A row without an answer of one classifier: excluded, or a wrong answer. @default 'wrong' */
  readonly failures?: FailureRule;
}

/** One metric of two classifiers on the same rows. */
export interface ComparedMetric {
  readonly first: number;
  readonly second: number;
  /** First − second. */
  readonly difference: number;
  readonly interval: Interval;
  /** Of this comparison alone, not corrected for multiple testing (`holm`). */
  readonly pValue: number;
}

export interface PairedComparison {
  readonly rows: number;
  readonly outcomes: PairedOutcomes;
  /** Share of rows that exactly one of the two got right. */
  readonly discordance: number;
  /** Interval of Tango, p-value of McNemar's exact test. */
  readonly accuracy: ComparedMetric;
  /** Interval and p-value of the bootstrap. */
  readonly macroF1: ComparedMetric;
  readonly odds: DiscordantOdds;
}

/** Compares two classifiers on the same rows. @returns null where no row is left to compare */
export function comparePaired(
  table: PairedTable,
  random: () => number,
  options: ComparisonOptions = {},
): PairedComparison | null {
  const compared = options.failures === 'left-out' ? table.answeredByBoth() : table;
  const bootstrap = pairedBootstrap(compared, random, options);
  if (bootstrap === null) return null;
  const { rows } = compared;
  const outcomes = compared.outcomes();
  const { onlyFirst, onlySecond } = outcomes;
  const macroF1 = (classify: 'first' | 'second') => scoreConfusion(compared.confusionOf(classify), wrong).macroF1 ?? 0;
  return {
    rows,
    outcomes,
    discordance: (onlyFirst + onlySecond) / rows,
    accuracy: compareAccuracy(outcomes, options),
    macroF1: { first: macroF1('first'), second: macroF1('second'), ...bootstrap.macroF1 },
    odds: discordantOdds(onlyFirst, onlySecond, options),
  };
}

/** The accuracies of two classifiers on at least one row: interval of Tango, p-value of McNemar's exact test. */
export function compareAccuracy(outcomes: PairedOutcomes, options: IntervalOptions = {}): ComparedMetric {
  const { bothRight, onlyFirst, onlySecond, bothWrong } = outcomes;
  const rows = bothRight + onlyFirst + onlySecond + bothWrong;
  return {
    first: (bothRight + onlyFirst) / rows,
    second: (bothRight + onlySecond) / rows,
    difference: (onlyFirst - onlySecond) / rows,
    interval: tangoInterval(outcomes, options),
    pValue: exactMcNemar(onlyFirst, onlySecond),
  };
}

const wrong: ScoreOptions = { failures: 'wrong' };

/** What a sentence about two classifiers says. */
export interface ComparisonInWords {
  /** Names of the two. */
  readonly first: string;
  readonly second: string;
  /** First − second, as shares: 0.065 is 6.5 points. */
  readonly difference: number;
  readonly interval: Interval;
  /** As corrected, where it was one of several comparisons. */
  readonly pValue: number;
  /** Rows compared. */
  readonly rows: number;
  /** A difference that would matter, and how many rows are needed to see it. */
  readonly visible: { readonly difference: number; readonly rows: number };
}

interface SentenceOptions {
  /** The name of the metric: "6.5 points of macro-F1". */
  readonly figure?: string;
  /** Whether the p-value was corrected for several comparisons. @default true */
  readonly corrected?: boolean;
  /** A p-value above this claims nothing. @default 0.05 */
  readonly alpha?: number;
  /** That of the interval. @default 0.95 */
  readonly confidence?: number;
}

/**
 * One sentence about two classifiers, without a full stop. It claims a difference only where the p-value allows it;
 * elsewhere it says how many rows are needed, or that there were enough rows.
 *
 * @example
 * // few-shot beats zero-shot by 6.5 points (95 % 2.1 to 10.9, p = 0.004 after correction)
 */
export function describeComparison(compared: ComparisonInWords, options: SentenceOptions = {}): string {
  const { figure, corrected = true, alpha = 0.05, confidence = defaultConfidence } = options;
  const isFirst = compared.difference >= 0;
  const [better, worse] = isFirst ? [compared.first, compared.second] : [compared.second, compared.first];
  const difference = Math.abs(compared.difference);
  const interval = isFirst ? compared.interval : turned(compared.interval);
  const decimals = decimalsOf(difference);
  const points = `${inPoints(difference, decimals)} points${figure === undefined ? '' : ` of ${figure}`}`;
  const range = `${inPoints(interval.lower, decimals)} to ${inPoints(interval.upper, decimals)}`;
  const chance = `${describeP(compared.pValue, alpha)}${corrected ? ' after correction' : ''}`;
  const proof = `${trim(confidence * 100)} % ${range}, ${chance}`;
  if (compared.pValue <= alpha && difference > 0) return `${better} beats ${worse} by ${points} (${proof})`;
  const lead = difference === 0 ? points : `${points} for ${better}`;
  return `${compared.first} and ${compared.second}: no difference can be claimed (${lead}, ${proof}); ${describeRows(compared)}`;
}

function describeRows({ rows, visible }: ComparisonInWords): string {
  const one = `one of ${trim(visible.difference * 100)} points`;
  if (rows >= visible.rows) return `${one} would have shown on these ${grouped(rows)} rows 4 times in 5`;
  return `about ${grouped(roundUp(visible.rows))} rows would be needed to see ${one}`;
}

function turned({ lower, upper }: Interval): Interval {
  return { lower: -upper, upper: -lower };
}

/** One decimal; up to three where a small difference would look like 0. */
function decimalsOf(difference: number): number {
  if (difference === 0) return 1;
  return [1, 2].find((decimals) => Number((difference * 100).toFixed(decimals)) > 0) ?? 3;
}

function inPoints(share: number, decimals: number): string {
  const text = (Math.abs(share) * 100).toFixed(decimals);
  return share < 0 && Number(text) > 0 ? `−${text}` : text;
}

/** Three decimals below 0.1, two above; more where rounding would hide the side of α. */
function describeP(p: number, alpha: number): string {
  if (p < 0.001) return 'p < 0.001';
  let decimals = p < 0.1 ? 3 : 2;
  while (decimals < 9 && Number(p.toFixed(decimals)) === alpha && p !== alpha) decimals += 1;
  return `p = ${p.toFixed(decimals)}`;
}

/** To two leading digits. */
function roundUp(rows: number): number {
  const unit = 10 ** Math.max(0, Math.floor(Math.log10(rows)) - 1);
  return Math.ceil(rows / unit) * unit;
}

function trim(value: number): string {
  return String(Number(value.toFixed(2)));
}

function grouped(count: number): string {
  return String(count).replace(/\B(?=(?:\d{3})+$)/g, ',');
}
