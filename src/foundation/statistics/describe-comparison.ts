import { defaultConfidence, type Interval } from './proportions.js';

/** What a sentence about two classifiers says. */
export interface ComparisonInWords {
  /** Names of the two. */
  readonly first: string;
  readonly second: string;
  /** First − second, as proportions: 0.065 is 6.5 points. */
  readonly difference: number;
  /** Excludes 0 exactly where the difference is significant. */
  readonly interval: Interval;
  /** Adjusted, where it was one of several comparisons. */
  readonly pValue: number;
  readonly significant: boolean;
  /** Rows compared. */
  readonly rows: number;
  /** A difference that would matter, and how many rows are needed to detect it; null if that is not known. */
  readonly relevant: { readonly difference: number; readonly rowsNeeded: Interval | null };
  /** Rows that exactly one of the two gets right, where they are too few for the interval. */
  readonly tooFewDiscordant?: number | undefined;
}

interface SentenceOptions {
  /** The name of the metric: "6.5 points of macro-F1". */
  readonly metric?: string;
  /** Whether interval and p-value were corrected for several comparisons. @default true */
  readonly corrected?: boolean;
  /** Confidence of the interval; of all intervals together, where there are several comparisons. @default 0.95 */
  readonly confidence?: number;
}

/**
 * One sentence about two classifiers, without a full stop. It claims a difference only where that is significant; elsewhere
 * it says whether a difference that matters is excluded, and how many rows would detect one.
 *
 * @example
 * // few-shot beats zero-shot by 6.5 points (95 % 2.1 to 10.9, p = 0.004 after correction)
 */
export function describeComparison(compared: ComparisonInWords, options: SentenceOptions = {}): string {
  const lead = describeDifference(compared, options);
  return compared.significant ? lead : `${lead}; ${describeRows(compared)}`;
}

/** The same sentence without what would be needed. */
export function describeDifference(
  compared: Omit<ComparisonInWords, 'rows' | 'relevant' | 'tooFewDiscordant'>,
  options: SentenceOptions = {},
): string {
  const { metric, corrected = true, confidence = defaultConfidence } = options;
  const isFirst = compared.difference >= 0;
  const [better, worse] = isFirst ? [compared.first, compared.second] : [compared.second, compared.first];
  const difference = Math.abs(compared.difference);
  const interval = isFirst ? compared.interval : turned(compared.interval);
  // An end that excludes 0 is not shown as 0.
  const decimals = Math.max(decimalsOf(difference), compared.significant ? decimalsOf(interval.lower) : 1);
  const points = `${inPoints(difference, decimals)} points${metric === undefined ? '' : ` of ${metric}`}`;
  const range = `${inPoints(interval.lower, decimals)} to ${inPoints(interval.upper, decimals)}`;
  const probability = `${describeP(compared.pValue, Number((1 - confidence).toFixed(9)))}${corrected ? ' after correction' : ''}`;
  const proof = `${trim(confidence * 100)} % ${range}, ${probability}`;
  if (compared.significant) return `${better} beats ${worse} by ${points} (${proof})`;
  const lead = difference === 0 ? points : `${points} for ${better}`;
  return `${compared.first} and ${compared.second}: no difference can be claimed (${lead}, ${proof})`;
}

function describeRows({ rows, interval, relevant, tooFewDiscordant: few }: ComparisonInWords): string {
  const { difference, rowsNeeded } = relevant;
  if (few !== undefined) return `${few} discordant ${few === 1 ? 'row is' : 'rows are'} too few for this interval`;
  const one = `${trim(difference * 100)} points`;
  if (interval.upper < difference && interval.lower > -difference) return `a difference of ${one} is excluded`;
  if (rowsNeeded === null || rows >= rowsNeeded.upper) return `a difference of ${one} is not excluded`;
  const [fewest, most] = [rowsNeeded.lower, rowsNeeded.upper].map((count) => grouped(roundUp(count)));
  return `about ${fewest === most ? most : `${fewest} to ${most}`} rows would be needed to see one of ${one}`;
}

function turned({ lower, upper }: Interval): Interval {
  return { lower: -upper, upper: -lower };
}

/** One decimal; up to three where a small difference would look like 0. */
function decimalsOf(difference: number): number {
  if (difference <= 0) return 1;
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
