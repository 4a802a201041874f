import { SurestAccuracy } from '../calibration/index.js';
import { Reliability } from '../statistics/index.js';
import type { ReviewResult } from './review.js';
import type { ConfidenceSummary } from './summary.js';

/** Sums up how sure answers were, and how right, in memory that does not grow with their number. */
export class ConfidenceFigures {
  private readonly labels: ReadonlySet<string>;
  private readonly reliability = new Reliability();
  private readonly surest = new SurestAccuracy();
  private count = 0;
  private sum = 0;

  constructor(labels: readonly string[]) {
    this.labels = new Set(labels);
  }

  /**
   * Counts one answer; one without a confidence does not count.
   * @param expected the right label; undefined where it is not known
   */
  add(expected: string | undefined, { confidence, sentiment }: ReviewResult): void {
    if (confidence === null) return;
    this.count += 1;
    this.sum += confidence;
    if (expected === undefined || !this.labels.has(expected)) return;
    this.reliability.add(confidence, sentiment === expected);
    this.surest.add(confidence, sentiment === expected);
  }

  summary(labelled: boolean, temperature: number | undefined): ConfidenceSummary {
    const base = {
      count: this.count,
      mean: this.count === 0 ? null : this.sum / this.count,
      temperature: temperature ?? null,
    };
    if (!labelled) return base;
    return {
      ...base,
      expected_calibration_error: this.reliability.expectedCalibrationError,
      accuracy_surest_80: this.surest.ofSurest(0.8),
      accuracy_surest_50: this.surest.ofSurest(0.5),
    };
  }
}
