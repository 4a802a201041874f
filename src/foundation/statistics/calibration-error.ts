import { reliabilityBin, reliabilityBins } from './probability-scores.js';
import { defaultConfidence, type Interval, type IntervalOptions, normalQuantile, requireShare } from './proportions.js';
import { randomBinomial, randomNormal, seededRandom } from './random-variates.js';

/** An expected calibration error, and how far it can be believed. */
export interface CalibrationErrorEstimate {
  /** Answers that it is measured on. */
  readonly rows: number;
  /** 0 to 1. */
  readonly value: number;
  readonly interval: Interval;
  /** What a model shows at these confidences whose every confidence is right. */
  readonly ifPerfect: {
    readonly mean: number;
    /** So much, or less, is shown by this share of such models: that of the interval. */
    readonly upper: number;
  };
}

export interface CalibrationErrorOptions extends IntervalOptions {
  /** Of the simulations. @default 1 */
  readonly seed?: number;
  /** Simulations. @default 1000 */
  readonly draws?: number;
}

/** Cells of confidence in each bin. Within one, confidences differ by less than 0.005, and count with their mean. */
const cellsOfBin = 20;

/** A bin whose deviation is within so many standard errors may have none. */
const noticeable = 2;

/** The expected calibration error with its interval, one answer at a time, in memory that does not grow. */
export class CalibrationErrorTally {
  private readonly counts = new Float64Array(reliabilityBins * cellsOfBin);
  private readonly sums = new Float64Array(reliabilityBins * cellsOfBin);
  /** By bin: right answers, Σ confidence, and Σ (right − confidence)². */
  private readonly hits = new Float64Array(reliabilityBins);
  private readonly confidences = new Float64Array(reliabilityBins);
  private readonly squares = new Float64Array(reliabilityBins);
  private total = 0;

  /** @param confidence 0 to 1 */
  add(confidence: number, isRight: boolean): void {
    const bin = reliabilityBin(confidence);
    const within = Math.floor((confidence * reliabilityBins - bin) * cellsOfBin);
    const cell = bin * cellsOfBin + Math.min(cellsOfBin - 1, Math.max(0, within));
    const hit = isRight ? 1 : 0;
    addAt(this.counts, cell, 1);
    addAt(this.sums, cell, confidence);
    addAt(this.hits, bin, hit);
    addAt(this.confidences, bin, confidence);
    addAt(this.squares, bin, (hit - confidence) ** 2);
    this.total += 1;
  }

  /** Answers so far. */
  get rows(): number {
    return this.total;
  }

  /** Null if nothing was added. */
  estimate(options: CalibrationErrorOptions = {}): CalibrationErrorEstimate | null {
    const { confidence = defaultConfidence, seed = 1, draws = 1_000 } = options;
    requireShare('confidence', confidence);
    const { rows } = this;
    if (rows === 0) return null;
    const value = sumOfSizes(this.deviations()) / rows;
    const random = seededRandom(seed);
    const excess = drawn(draws, this.excessOfSamples(random));
    const tail = (1 - confidence) / 2;
    const perfect = drawn(draws, this.perfectModel(random));
    return {
      rows,
      value,
      interval: {
        lower: Math.min(value, Math.max(0, value - quantile(excess, 1 - tail))),
        upper: Math.min(1, value + normalQuantile(1 - tail) * this.standardError(value)),
      },
      ifPerfect: {
        mean: perfect.reduce((sum, one) => sum + one, 0) / draws,
        upper: quantile(perfect, confidence),
      },
    };
  }

  /** By bin: right answers beyond those that the confidences say. */
  private deviations(): Float64Array {
    return this.hits.map((hits, bin) => hits - (this.confidences[bin] ?? 0));
  }

  /** Of Σ over bins of the size of the deviation, where no deviation changes its sign (the delta method). */
  private standardError(value: number): number {
    const square = this.squares.reduce((sum, one) => sum + one, 0) / this.rows;
    return Math.sqrt(Math.max(0, square - value * value) / this.rows);
  }

  /**
   * Draws the excess of a sample's error over the true one: a parametric bootstrap of the deviations of the bins, with their
   * covariance. A deviation within two standard errors counts as 0: randomness makes every bin deviate, and a bootstrap
   * around these deviations would take it for truth (D. W. K. Andrews, Econometrica 68, 2000).
   */
  private excessOfSamples(random: () => number): () => number {
    const { rows } = this;
    const means = this.deviations().map((deviation) => deviation / rows);
    const squares = this.squares.map((square) => square / rows);
    const truths = means.map((mean, bin) => {
      const error = Math.sqrt(Math.max(0, (squares[bin] ?? 0) - mean * mean) / rows);
      return Math.abs(mean) > noticeable * error ? mean : 0;
    });
    const truth = sumOfSizes(truths);
    const shares = means.map((mean, bin) => ratio(mean, squares[bin] ?? 0));
    const explained = Math.min(1, dot(means, shares));
    const factor = ratio(1 - Math.sqrt(1 - explained), explained);
    return () => {
      const errors = squares.map((square) => Math.sqrt(square / rows) * randomNormal(random));
      const common = factor * dot(shares, errors);
      const shown = truths.map((one, bin) => one + (errors[bin] ?? 0) - (means[bin] ?? 0) * common);
      return sumOfSizes(shown) - truth;
    };
  }

  /**
   * Draws what a perfectly calibrated model shows: each answer is right with the probability that its confidence says, as
   * in the consistency resampling of J. Bröcker and L. A. Smith, Weather and Forecasting 22, 2007.
   */
  private perfectModel(random: () => number): () => number {
    const cells = [...this.counts.entries()].filter(([, count]) => count > 0);
    return () => {
      const deviations = new Float64Array(reliabilityBins);
      for (const [cell, count] of cells) {
        const sum = this.sums[cell] ?? 0;
        addAt(deviations, Math.floor(cell / cellsOfBin), randomBinomial(count, Math.min(1, sum / count), random) - sum);
      }
      return sumOfSizes(deviations) / this.rows;
    };
  }
}

function addAt(numbers: Float64Array, position: number, more: number): void {
  numbers[position] = (numbers[position] ?? 0) + more;
}

function sumOfSizes(numbers: Float64Array): number {
  return numbers.reduce((sum, one) => sum + Math.abs(one), 0);
}

function dot(a: Float64Array, b: Float64Array): number {
  return a.reduce((sum, one, position) => sum + one * (b[position] ?? 0), 0);
}

/** 0 ÷ 0 is 0. */
function ratio(a: number, b: number): number {
  return b === 0 ? 0 : a / b;
}

function drawn(count: number, draw: () => number): Float64Array {
  return Float64Array.from({ length: count }, draw).sort();
}

function quantile(sorted: Float64Array, share: number): number {
  return sorted[Math.round(share * (sorted.length - 1))] ?? 0;
}
