import type { Agent } from '../classify/agent.js';
import { isHeldOut } from '../classify/calibration/fit-calibration.js';
import { SelectiveAccuracy } from '../classify/calibration/selective-accuracy.js';
import { temperShares } from '../classify/calibration/temperature-scaling.js';
import { LabelMasses } from '../classify/confidence/label-mass-warning.js';
import { type CalibrationErrorEstimate, CalibrationErrorTally } from '../foundation/statistics/calibration-error.js';
import { withoutRoundingError } from '../foundation/statistics/probability-scores.js';
import type { ReviewResult } from './review-result.js';
import type { RecordedPrediction } from './run-store.js';
import type { ConfidenceGap, ConfidenceSummary } from './summary.js';

/** The confidence of an answer in a run of this agent, calibrated where there is a temperature. */
export function shownConfidence(prediction: RecordedPrediction, agent: Agent, temperature?: number): number | null {
  const confidence = confidenceOf(prediction, agent, temperature);
  return confidence === null ? null : withoutRoundingError(confidence);
}

function confidenceOf(prediction: RecordedPrediction, agent: Agent, temperature: number | undefined): number | null {
  // Without shares it is what the provider itself says, or nothing.
  if (prediction.labelShares === null) return prediction.confidence;
  const shares = shownShares(prediction, agent);
  if (shares === null || temperature === undefined) return shares && prediction.confidence;
  return temperShares(shares, temperature)[agent.labels.indexOf(prediction.label ?? '')] ?? null;
}

/** The shares of all labels, for calibration, where they are known and this agent requests them. */
export function shownShares(
  { labelShares, probabilities }: RecordedPrediction,
  agent: Agent,
): readonly number[] | null {
  return agent.probabilities === 'always' && probabilities !== 'unverified' ? labelShares : null;
}

/** Why the confidence of an answer is null in a run of this agent. */
function confidenceGap(prediction: RecordedPrediction, agent: Agent): ConfidenceGap {
  if (agent.probabilities !== 'always') return 'not_requested';
  if (prediction.probabilities === 'unverified') return prediction.labelShares === null ? 'not_given' : 'unverified';
  return prediction.labelMass === null ? 'not_given' : 'not_settled';
}

/** Whether an agent may reuse a recorded answer: not if it needs probabilities that were not requested. */
export function isReusable({ probabilities, confidence }: RecordedPrediction, agent: Agent): boolean {
  return agent.probabilities !== 'always' || probabilities !== 'not requested' || confidence !== null;
}

/** Sums up how sure answers were, and how right, in memory that does not grow with their number. */
export class RunningConfidence {
  private readonly labels: ReadonlySet<string>;
  private readonly masses: LabelMasses;
  private readonly without = { not_requested: 0, not_given: 0, not_settled: 0, unverified: 0 };
  private rejected = 0;
  private readonly error = new CalibrationErrorTally();
  private estimated: CalibrationErrorEstimate | null = null;
  private readonly selective = new SelectiveAccuracy();
  private count = 0;
  private sum = 0;

  /** @param temperature of the calibration, where the confidences are calibrated */
  constructor(
    private readonly agent: Agent,
    private readonly temperature: number | undefined,
  ) {
    this.labels = new Set(agent.labels);
    this.masses = new LabelMasses(agent);
  }

  /**
   * Counts one answer.
   * @param review its text and its gold label; undefined if that is not known
   * @returns a warning that this answer gives reason for
   */
  add(review: LabelledText, result: ReviewResult, prediction: RecordedPrediction): string | undefined {
    this.addConfidence(review, result, prediction);
    return this.masses.add(prediction.labelMass);
  }

  /** Counts a recorded answer that cannot be reused, because it has no probabilities. */
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
    { text, expected }: LabelledText,
    { confidence, sentiment }: ReviewResult,
    prediction: RecordedPrediction,
  ): void {
    if (confidence === null) {
      // A model that reads no prompt has no probabilities to give: nothing is missing.
      if (this.agent.model.readsPrompt !== false) this.without[confidenceGap(prediction, this.agent)] += 1;
      return;
    }
    this.count += 1;
    this.sum += confidence;
    if (expected === undefined || !this.labels.has(expected)) return;
    // A calibration is good on the rows that it was fitted on, and that says nothing of others.
    if (this.temperature === undefined || isHeldOut(text ?? '')) this.error.add(confidence, sentiment === expected);
    this.selective.add(confidence, sentiment === expected);
  }

  summary(labelled: boolean): ConfidenceSummary {
    const base = {
      count: this.count,
      mean: this.count === 0 ? null : this.sum / this.count,
      temperature: this.temperature ?? null,
      without: { ...this.without },
      label_mass: this.masses.median,
    };
    if (!labelled) return base;
    const { value, interval, ifPerfect } = this.calibrationError() ?? notMeasured;
    return {
      ...base,
      expected_calibration_error: value,
      calibration_error_rows: this.error.rows,
      calibration_error_interval: interval,
      calibration_error_if_perfect: ifPerfect,
      accuracy_surest_80: this.selective.at(0.8),
      accuracy_surest_50: this.selective.at(0.5),
    };
  }

  /** A summary may be asked for several times after the same answer. */
  private calibrationError(): CalibrationErrorEstimate | null {
    if (this.estimated?.rows !== this.error.rows) this.estimated = this.error.estimate();
    return this.estimated;
  }
}

/** A text, and its gold label. */
interface LabelledText {
  readonly text: string | null;
  readonly expected: string | undefined;
}

const notMeasured = { value: null, interval: { lower: null, upper: null }, ifPerfect: { mean: null, upper: null } };
