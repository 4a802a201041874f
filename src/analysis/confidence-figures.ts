import type { Agent } from '../classify/agent.js';
import { SelectiveAccuracy } from '../classify/calibration/surest-accuracy.js';
import { LabelMasses } from '../classify/confidence/label-masses.js';
import { Reliability } from '../foundation/statistics/probability-scores.js';
import type { ReviewResult } from './review.js';
import type { RecordedAnswer } from './run-store.js';
import { confidenceGap } from './shown-confidence.js';
import type { ConfidenceSummary } from './summary.js';

/** Sums up how sure answers were, and how right, in memory that does not grow with their number. */
export class ConfidenceMetrics {
  private readonly labels: ReadonlySet<string>;
  private readonly masses: LabelMasses;
  private readonly without = { not_requested: 0, not_given: 0, not_settled: 0, unverified: 0 };
  private rejected = 0;
  private readonly reliability = new Reliability();
  private readonly surest = new SelectiveAccuracy();
  private count = 0;
  private sum = 0;

  constructor(private readonly agent: Agent) {
    this.labels = new Set(agent.labels);
    this.masses = new LabelMasses(agent);
  }

  /**
   * Counts one answer.
   * @param expected the right label; undefined where it is not known
   * @returns a warning that there is reason for since this answer
   */
  add(expected: string | undefined, result: ReviewResult, answer: RecordedAnswer): string | undefined {
    this.addConfidence(expected, result, answer);
    return this.masses.add(answer.labelMass);
  }

  /** A recorded answer cannot be used, because nobody requested its probabilities. */
  reject(): void {
    this.rejected += 1;
  }

  warnings(): readonly string[] {
    const warnings = [...this.masses.warnings()];
    const { unverified } = this.without;
    if (unverified > 0) {
      warnings.push(
        `${unverified} answers are those of an earlier version of chorale, which did not record whether their confidence ` +
          'is known: they have none',
      );
    }
    if (this.rejected > 0) {
      warnings.push(`${this.rejected} recorded answers have no probabilities: these texts were sent again`);
    }
    return warnings;
  }

  private addConfidence(
    expected: string | undefined,
    { confidence, sentiment }: ReviewResult,
    answer: RecordedAnswer,
  ): void {
    if (confidence === null) {
      // A model that reads no prompt has no probabilities to give: nothing is missing.
      if (this.agent.model.readsPrompt !== false) this.without[confidenceGap(answer, this.agent)] += 1;
      return;
    }
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
      without: { ...this.without },
      label_mass: this.masses.median,
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
