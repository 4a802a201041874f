import { blockIntervals } from './block-bootstrap.js';
import { type ClassScores, F1Tally, positionsOf } from './classification-scores.js';
import { type Interval, wilsonInterval } from './proportions.js';
import { Reservoir, seededRandom } from './random-variates.js';

/** So many rows are kept for the intervals; of more rows a random sample. */
const keptRows = 100_000;

/** Samples of the bootstrap. */
const resamples = 1_000;

/** How well lists of items agree with gold lists. Null if the metric is 0 ÷ 0. */
export interface ItemScores {
  /** Rows that count, those without an answer included: nothing is found there. */
  readonly rows: number;
  /** Rows without an answer. */
  readonly failed: number;
  /** Rows of which all items are found, and no others, ÷ rows. */
  readonly exactMatch: number | null;
  /** Wilson's interval. */
  readonly exactMatchInterval: Interval;
  /** Items found ÷ items answered, over all rows. */
  readonly precision: number | null;
  /** Items found ÷ items expected, over all rows. */
  readonly recall: number | null;
  /** 2 · found ÷ (answered + expected), over all rows. */
  readonly microF1: number | null;
  /** Of the bootstrap of rows; null with fewer than five rows. */
  readonly microF1Interval: Interval | null;
  /** Mean F1 of the labels that occur, expected or answered; null where there are no labels. */
  readonly macroF1: number | null;
  readonly macroF1Interval: Interval | null;
  /** In the order of the labels; empty where there are none. */
  readonly classes: readonly ClassScores[];
}

/** What one row adds: positions of labels found, and of labels missed or answered wrongly. */
interface ScoredRow {
  readonly found: number;
  /** Answered and expected, added up. */
  readonly both: number;
  readonly hits: readonly number[];
  readonly faults: readonly number[];
}

/**
 * Compares lists of items without an order (several labels of a text, pairs of an aspect and its polarity) with gold lists:
 * precision, recall and F1 over all items, as scikit-learn defines them for indicators with `zero_division=0`. An item that
 * stands in a list twice counts twice. Memory does not grow with the number of rows.
 */
export class ItemScoreTally {
  private readonly positions: ReadonlyMap<string, number>;
  private readonly support: number[];
  private readonly predicted: number[];
  private readonly right: number[];
  private readonly random = seededRandom(1);
  private readonly kept = new Reservoir<ScoredRow>(keptRows, this.random);
  private rows = 0;
  private failed = 0;
  private exact = 0;
  private found = 0;
  private answered = 0;
  private expected = 0;

  /** @param labels what the items may be, where that is known: each then has scores of its own */
  constructor(private readonly labels: readonly string[] = []) {
    this.positions = labels.length === 0 ? new Map() : positionsOf(labels);
    this.support = labels.map(() => 0);
    this.predicted = labels.map(() => 0);
    this.right = labels.map(() => 0);
  }

  /** Counts one row. @param answered null if there is no answer */
  add(expected: readonly string[], answered: readonly string[] | null): void {
    const given = answered ?? [];
    const hits = intersection(expected, given);
    this.rows += 1;
    this.found += hits.length;
    this.answered += given.length;
    this.expected += expected.length;
    if (answered === null) this.failed += 1;
    else if (hits.length === expected.length && hits.length === given.length) this.exact += 1;
    this.count(expected, this.support);
    this.count(given, this.predicted);
    this.count(hits, this.right);
    this.kept.add({
      found: hits.length,
      both: expected.length + given.length,
      hits: this.positionsOf(hits),
      faults: this.positionsOf([...without(expected, hits), ...without(given, hits)]),
    });
  }

  scores(): ItemScores {
    const { rows, failed, exact, found, answered, expected } = this;
    const classes = this.classes();
    const occurring = classes.flatMap(({ support, predicted }, k) => (support + predicted > 0 ? [k] : []));
    const [microF1Interval, macroF1Interval] = this.intervals(occurring);
    return {
      rows,
      failed,
      exactMatch: rows === 0 ? null : exact / rows,
      exactMatchInterval: wilsonInterval(exact, rows),
      precision: ratio(found, answered, expected),
      recall: ratio(found, expected, answered),
      microF1: ratio(2 * found, answered + expected),
      microF1Interval: microF1Interval ?? null,
      macroF1:
        occurring.length === 0 ? null : occurring.reduce((sum, k) => sum + (classes[k]?.f1 ?? 0), 0) / occurring.length,
      macroF1Interval: macroF1Interval ?? null,
      classes,
    };
  }

  private classes(): readonly ClassScores[] {
    return this.labels.map((label, k) => {
      const [right, support, predicted] = [this.right[k] ?? 0, this.support[k] ?? 0, this.predicted[k] ?? 0];
      return {
        label,
        precision: predicted === 0 ? 0 : right / predicted,
        recall: support === 0 ? 0 : right / support,
        f1: support + predicted === 0 ? 0 : (2 * right) / (support + predicted),
        support,
        predicted,
      };
    });
  }

  private intervals(occurring: readonly number[]): readonly Interval[] {
    const rows = this.kept.items;
    const metrics = [microF1Of(rows)];
    if (occurring.length > 0) metrics.push(macroF1Of(rows, this.labels.length, occurring));
    const drawn = blockIntervals(rows.length, metrics, { resamples }) ?? [];
    return drawn.map((interval) => this.widened(interval));
  }

  /** Rows that are all right, or all wrong, have no spread to draw from: then the interval is that of a proportion. */
  private widened({ lower, upper }: Interval): Interval {
    const isPerfect = this.exact === this.rows;
    const isHopeless = this.found === 0;
    return {
      lower: isPerfect ? wilsonInterval(this.rows, this.rows).lower : lower,
      upper: isHopeless ? wilsonInterval(0, this.rows).upper : upper,
    };
  }

  private count(items: readonly string[], counts: number[]): void {
    for (const position of this.positionsOf(items)) counts[position] = (counts[position] ?? 0) + 1;
  }

  private positionsOf(items: readonly string[]): readonly number[] {
    return items.flatMap((item) => this.positions.get(item) ?? []);
  }
}

function microF1Of(rows: readonly ScoredRow[]): (weights: Uint32Array) => number {
  return (weights) => {
    let found = 0;
    let both = 0;
    for (const [index, row] of rows.entries()) {
      const weight = weights[index] ?? 0;
      found += weight * row.found;
      both += weight * row.both;
    }
    return both === 0 ? 0 : (2 * found) / both;
  };
}

function macroF1Of(
  rows: readonly ScoredRow[],
  size: number,
  occurring: readonly number[],
): (weights: Uint32Array) => number {
  const scores = new F1Tally(size, occurring);
  return (weights) => {
    scores.clear();
    for (const [index, { hits, faults }] of rows.entries()) {
      const weight = weights[index] ?? 0;
      if (weight === 0) continue;
      for (const label of hits) scores.add(label, label, weight);
      for (const label of faults) scores.add(label, -1, weight);
    }
    return scores.mean() || 0;
  };
}

/** 0 ÷ 0 is 0 where there is something on the other side, as in scikit-learn; else it is not known. */
function ratio(part: number, whole: number, other = 0): number | null {
  if (whole > 0) return part / whole;
  return other > 0 ? 0 : null;
}

/** The items of one list that stand in the other too, each as often as in both. */
function intersection(first: readonly string[], second: readonly string[]): readonly string[] {
  const left = countsOf(second);
  return first.filter((item) => {
    const count = left.get(item) ?? 0;
    if (count > 0) left.set(item, count - 1);
    return count > 0;
  });
}

/** The items of a list less those of another one, each as often as it stands there. */
function without(items: readonly string[], removed: readonly string[]): readonly string[] {
  const left = countsOf(removed);
  return items.filter((item) => {
    const count = left.get(item) ?? 0;
    if (count > 0) left.set(item, count - 1);
    return count === 0;
  });
}

function countsOf(items: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const item of items) counts.set(item, (counts.get(item) ?? 0) + 1);
  return counts;
}
