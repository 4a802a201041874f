import { InvalidOptionError } from '../errors/chorale-error.js';
import { defaultConfidence, type Interval, type IntervalOptions, requireShare } from './proportions.js';

export interface BootstrapOptions extends IntervalOptions {
  /** Samples drawn, at least 100. @default 10000 */
  readonly resamples?: number;
}

/** @throws InvalidOptionError */
export function checkBootstrap({ resamples = 10_000, confidence = defaultConfidence }: BootstrapOptions) {
  if (!(Number.isSafeInteger(resamples) && resamples >= 100)) {
    throw new InvalidOptionError('resamples', 'a whole number of at least 100', resamples);
  }
  requireShare('confidence', confidence);
  return { resamples, confidence };
}

export interface BootstrapDifference {
  /** First − second, on the rows themselves. */
  readonly difference: number;
  readonly interval: Interval;
  readonly pValue: number;
}

/** Differences below this are rounding. */
const rounding = 1e-12;

/**
 * The distribution of a difference over the samples of a bootstrap, of which it keeps the tails only. The interval has the
 * percentiles, linear between neighbours as numpy's default is.
 */
export class DifferenceTally {
  private readonly lowest: LowestValues;
  /** Negated. */
  private readonly highest: LowestValues;
  /** Of the ends, among the samples in ascending order. */
  private readonly places: Interval;
  private notAbove = 1;
  private notBelow = 1;

  constructor(
    private readonly resamples: number,
    confidence: number,
  ) {
    const tail = (1 - confidence) / 2;
    this.places = { lower: tail * (resamples - 1), upper: (1 - tail) * (resamples - 1) };
    this.lowest = new LowestValues(Math.ceil(this.places.lower) + 1);
    this.highest = new LowestValues(resamples - Math.floor(this.places.upper));
  }

  /** Adds the difference of one sample. */
  add(difference: number): void {
    if (difference <= rounding) this.notAbove += 1;
    if (difference >= -rounding) this.notBelow += 1;
    this.lowest.add(difference);
    this.highest.add(-difference);
  }

  /** @param difference on the rows themselves */
  summarize(difference: number): BootstrapDifference {
    const low = this.lowest.ascending();
    const high = this.highest.ascending().map((value) => -value);
    const { lower, upper } = this.places;
    return {
      difference,
      interval: {
        lower: between(lower, (place) => low[place]),
        upper: between(upper, (place) => high[this.resamples - 1 - place]),
      },
      pValue: Math.min(1, (2 * Math.min(this.notAbove, this.notBelow)) / (this.resamples + 1)),
    };
  }
}

function between(place: number, at: (place: number) => number | undefined): number {
  const before = at(Math.floor(place)) ?? 0;
  const after = at(Math.ceil(place)) ?? before;
  return before + (after - before) * (place - Math.floor(place));
}

/** The lowest of many values: a heap with the largest of them at its root. */
class LowestValues {
  private readonly heap: Float64Array;
  private size = 0;

  constructor(most: number) {
    this.heap = new Float64Array(most);
  }

  add(value: number): void {
    const { heap } = this;
    if (this.size < heap.length) this.rise(this.size++, value);
    else if (value < (heap[0] ?? 0)) this.sink(value);
  }

  ascending(): Float64Array {
    return this.heap.slice(0, this.size).sort();
  }

  private rise(from: number, value: number): void {
    const { heap } = this;
    let place = from;
    while (place > 0) {
      const parent = (place - 1) >> 1;
      const above = heap[parent] ?? 0;
      if (above >= value) break;
      heap[place] = above;
      place = parent;
    }
    heap[place] = value;
  }

  /** Replaces the root. */
  private sink(value: number): void {
    const { heap, size } = this;
    let place = 0;
    for (let child = 1; child < size; child = 2 * place + 1) {
      if (child + 1 < size && (heap[child + 1] ?? 0) > (heap[child] ?? 0)) child += 1;
      const below = heap[child] ?? 0;
      if (below <= value) break;
      heap[place] = below;
      place = child;
    }
    heap[place] = value;
  }
}
