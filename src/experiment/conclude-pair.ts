import { rowsNeeded } from '../statistics/index.js';
import type { PairResult } from './pair-result.js';

/** A pair, before anything is said of it. */
export type ComparedPair = Omit<PairResult, 'rows_needed' | 'sentence'>;

/** A difference that people care about, where the one that was seen is smaller. */
const worthSeeing = 0.03;

/** Says what can be claimed of a pair, and how many rows it would take where nothing can. */
export function concludePair(pair: ComparedPair): PairResult {
  const { a, b, rows, only_a_right, only_b_right, accuracy, p_adjusted: p, significant } = pair;
  const difference = accuracy.difference;
  if (difference === null || p === null) {
    return { ...pair, rows_needed: null, sentence: `${a} and ${b} have no row that both answered` };
  }
  if (significant) {
    const [better, worse] = difference > 0 ? [a, b] : [b, a];
    const ends = difference > 0 ? [accuracy.lower, accuracy.upper] : [-(accuracy.upper ?? 0), -(accuracy.lower ?? 0)];
    const interval = `95 % ${points(ends[0] ?? 0)} to ${points(ends[1] ?? 0)}`;
    const sentence = `${better} beats ${worse} by ${points(Math.abs(difference))} points (${interval}, p = ${p.toPrecision(2)} after correction)`;
    return { ...pair, rows_needed: null, sentence };
  }
  const size = Math.max(worthSeeing, Math.abs(difference));
  const needed = rowsNeeded(size, (only_a_right + only_b_right) / rows);
  return {
    ...pair,
    rows_needed: needed,
    sentence: `${a} and ${b}: no difference can be claimed; about ${needed} rows would be needed to see one of ${points(size)} points`,
  };
}

function points(share: number): string {
  return (share * 100).toFixed(1);
}
