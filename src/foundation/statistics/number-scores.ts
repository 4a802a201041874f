import { blockIntervals } from './block-bootstrap.js';
import type { Interval } from './proportions.js';
import { Reservoir, seededRandom } from './random-variates.js';

/** So many rows are kept for the correlation and the intervals; of more rows a random sample. */
const keptRows = 100_000;

/** Samples of the bootstrap. */
const resamples = 1_000;

/** How near numbers come to gold numbers, on the answered rows. Null if there is no such row. */
export interface NumberScores {
  /** Answered rows. */
  readonly rows: number;
  /** Rows without an answer: they have no error, so that no metric includes them. */
  readonly failed: number;
  readonly meanAbsoluteError: number | null;
  /** Of the bootstrap of rows; null with fewer than five rows, or where all errors are the same. */
  readonly meanAbsoluteErrorInterval: Interval | null;
  /** Spearman's rank correlation; null also where all gold numbers, or all answers, are the same. */
  readonly spearman: number | null;
  /** Of the bootstrap of rows; null with fewer than five rows, or where the ranks agree throughout. */
  readonly spearmanInterval: Interval | null;
}

interface NumberRow {
  readonly expected: number;
  readonly answered: number;
}

/** Compares numbers with gold numbers, in memory that does not grow with the number of rows. */
export class NumberScoreTally {
  private readonly random = seededRandom(1);
  private readonly kept = new Reservoir<NumberRow>(keptRows, this.random);
  private rows = 0;
  private failed = 0;
  private errors = 0;

  /** Counts one row. @param answered null if there is no answer */
  add(expected: number, answered: number | null): void {
    if (answered === null) {
      this.failed += 1;
      return;
    }
    this.rows += 1;
    this.errors += Math.abs(expected - answered);
    this.kept.add({ expected, answered });
  }

  scores(): NumberScores {
    const { rows, failed, errors, kept } = this;
    const spearman = rankCorrelation(kept.items);
    const drawn = blockIntervals(kept.items.length, [meanErrorOf(kept.items), (weights) => spearman(weights) ?? 0], {
      resamples,
    });
    const observed = spearman(new Uint32Array(kept.items.length).fill(1));
    const [errorInterval, spearmanInterval] = drawn ?? [];
    return {
      rows,
      failed,
      meanAbsoluteError: rows === 0 ? null : errors / rows,
      meanAbsoluteErrorInterval: withWidth(errorInterval),
      spearman: observed,
      spearmanInterval: observed === null ? null : withWidth(spearmanInterval),
    };
  }
}

/** An interval without width says nothing: the rows have no spread to draw from. */
function withWidth(interval: Interval | undefined): Interval | null {
  return interval && interval.upper > interval.lower ? interval : null;
}

function meanErrorOf(rows: readonly NumberRow[]): (weights: Uint32Array) => number {
  const errors = Float64Array.from(rows, ({ expected, answered }) => Math.abs(expected - answered));
  return (weights) => {
    let sum = 0;
    for (let row = 0; row < errors.length; row += 1) sum += (weights[row] ?? 0) * (errors[row] ?? 0);
    return sum / errors.length;
  };
}

/** Spearman's rank correlation, equal values sharing their mean rank, as `scipy.stats.spearmanr` computes it. */
function rankCorrelation(rows: readonly NumberRow[]): (weights: Uint32Array) => number | null {
  const expected = ranker(rows.map((row) => row.expected));
  const answered = ranker(rows.map((row) => row.answered));
  return (weights) => {
    const [first, second] = [expected(weights), answered(weights)];
    let total = 0;
    for (const weight of weights) total += weight;
    const middle = (total + 1) / 2;
    let [shared, ofFirst, ofSecond] = [0, 0, 0];
    for (let row = 0; row < weights.length; row += 1) {
      const weight = weights[row] ?? 0;
      const a = (first[row] ?? 0) - middle;
      const b = (second[row] ?? 0) - middle;
      shared += weight * a * b;
      ofFirst += weight * a * a;
      ofSecond += weight * b * b;
    }
    if (ofFirst === 0 || ofSecond === 0) return null;
    return Math.max(-1, Math.min(1, shared / Math.sqrt(ofFirst * ofSecond)));
  };
}

/** The mean ranks of values, each of which counts as often as its weight says. Sorts once. */
function ranker(values: readonly number[]): (weights: Uint32Array) => Float64Array {
  const places = new Map([...new Set(values)].sort((a, b) => a - b).map((value, place) => [value, place]));
  const placeOf = Int32Array.from(values, (value) => places.get(value) ?? 0);
  const counts = new Float64Array(places.size);
  const rankOfPlace = new Float64Array(places.size);
  const ranks = new Float64Array(values.length);
  return (weights) => {
    counts.fill(0);
    for (let row = 0; row < placeOf.length; row += 1) {
      const place = placeOf[row] ?? 0;
      counts[place] = (counts[place] ?? 0) + (weights[row] ?? 0);
    }
    let before = 0;
    for (let place = 0; place < counts.length; place += 1) {
      const count = counts[place] ?? 0;
      rankOfPlace[place] = before + (count + 1) / 2;
      before += count;
    }
    for (let row = 0; row < ranks.length; row += 1) ranks[row] = rankOfPlace[placeOf[row] ?? 0] ?? 0;
    return ranks;
  };
}
