import { InvalidOptionError } from '../errors/usage-errors.js';
import { requireCount } from './require-count.js';

/** Rows counted by their right label and by the answer. */
export interface ConfusionTable {
  readonly labels: readonly string[];
  /** `counts[i][j]`: rows of the label i that were answered with the label j. */
  readonly counts: readonly (readonly number[])[];
  /** `unanswered[i]`: rows of the label i that failed, or whose answer is none of the labels. */
  readonly unanswered: readonly number[];
}

/** Counts rows by their right label and by the answer, one at a time, in memory that depends on the labels only. */
export class ConfusionMatrix implements ConfusionTable {
  readonly labels: readonly string[];
  readonly counts: readonly number[][];
  readonly unanswered: number[];
  private readonly positions: ReadonlyMap<string, number>;

  /** @throws InvalidOptionError where there is no label, or one is there twice */
  constructor(labels: readonly string[]) {
    this.positions = positionsOf(labels);
    this.labels = [...labels];
    this.counts = labels.map(() => labels.map(() => 0));
    this.unanswered = labels.map(() => 0);
  }

  /**
   * Counts a row, or several equal ones.
   * @param answered null for a row without an answer; what is none of the labels counts as that
   * @throws InvalidOptionError where `expected` is none of the labels, or `times` no whole number of at least 0
   */
  add(expected: string, answered: string | null, times = 1): void {
    requireCount('times', times);
    const row = requireLabel(this.positions, expected);
    const column = answered === null ? undefined : this.positions.get(answered);
    if (column === undefined) this.unanswered[row] = (this.unanswered[row] ?? 0) + times;
    else bump(this.counts[row], column, times);
  }
}

/** @throws InvalidOptionError where there is no label, or one is there twice */
export function positionsOf(labels: readonly string[]): ReadonlyMap<string, number> {
  const positions = new Map(labels.map((label, index) => [label, index]));
  if (labels.length > 0 && positions.size === labels.length) return positions;
  throw new InvalidOptionError('labels', 'at least one, and none twice', labels.join(', '));
}

/** The label's position. @throws InvalidOptionError where it is none of the labels */
export function requireLabel(positions: ReadonlyMap<string, number>, label: string): number {
  const position = positions.get(label);
  if (position !== undefined) return position;
  throw new InvalidOptionError('expected', `one of the labels (${[...positions.keys()].join(', ')})`, label);
}

function bump(counts: number[] | undefined, column: number, times: number): void {
  if (counts) counts[column] = (counts[column] ?? 0) + times;
}
