import type { Agent } from '../../classify/agent.js';
import { type Interval, wilsonInterval } from '../../foundation/statistics/proportions.js';
import { countRows, type LabelledRows, stratifiedSample } from './labelled-rows.js';
import type { VariantRecord } from './variant-answers.js';

/** Rows that are requested once more, with the same seed: how much answers differ from run to run. */
export interface RepeatedSample {
  /** Answered both times. */
  readonly rows: number;
  /** Rows whose second answer is another one. */
  readonly changed: number;
  readonly changed_share: number;
  /** Wilson's interval of the share. */
  readonly lower: number;
  readonly upper: number;
  /** Id of the recorded run; null if nothing is recorded. */
  readonly run: string | null;
}

/** Stands for the number of the repeat in its recorded run. */
export const repeatedSample = 'sample';

/** 5 % of the rows, within these bounds. */
const sampled = { share: 0.05, least: 20, most: 100 };

/** At most: duplicates are not repeated. */
function repeatedRows(rows: number): number {
  return Math.min(rows, sampled.most, Math.max(sampled.least, Math.ceil(sampled.share * rows)));
}

/** A model that reads no prompt generates no text: its answers do not depend on what else a server computes. */
export function isRepeated({ model }: Pick<Agent, 'model'>): boolean {
  return model.readsPrompt !== false;
}

/** Rows with their places among all rows. */
export interface DrawnRows {
  readonly data: LabelledRows;
  readonly positions: readonly number[];
}

/** The rows that are requested once more. */
export function drawRepeatedSample(data: LabelledRows, seed: number): DrawnRows {
  const chosen = new Set(stratifiedSample(data.rows, repeatedRows(data.rows.length), seed));
  const drawn = [...data.rows.entries()].filter(([, row]) => chosen.has(row));
  const rows = drawn.map(([, row]) => row);
  return { data: { ...data, ...countRows(data.labels, rows) }, positions: drawn.map(([position]) => position) };
}

/** Compares the answers of a variant with those of its repeated sample; null without both. */
export function compareSample(
  { rounds: [first] }: VariantRecord,
  { rounds: [again], runs }: VariantRecord,
  positions: readonly number[],
  options: { readonly confidence: number },
): RepeatedSample | null {
  if (!first || !again) return null;
  const pairs = positions.map((position, index) => [first.indexAt(position), again.indexAt(index)] as const);
  const answered = pairs.filter(([one, other]) => one !== null && other !== null);
  const [rows, changed] = [answered.length, answered.filter(([one, other]) => one !== other).length];
  if (rows === 0) return null;
  const { lower, upper }: Interval = wilsonInterval(changed, rows, options);
  return { rows, changed, changed_share: changed / rows, lower, upper, run: runs[0] ?? null };
}
