import { type Calibration, CalibrationError } from '../classify/calibration/calibration.js';
import { fitCalibration, isHeldOut } from '../classify/calibration/fit-calibration.js';
import type { ClassifiedRow } from '../classify/calibration/temperature-scaling.js';
import { type OptionNames, requireKnown } from '../foundation/known-options.js';
import { nodeRuntime } from '../foundation/runtime.js';
import { GoldLabels } from './gold-labels.js';
import type { Review } from './review.js';
import { calibrationTarget, type StreamReviewsOptions, streamOptions } from './run-plan.js';
import type { RecordedRun, RunStore } from './run-store.js';
import { type ReviewOutcome, streamReviews } from './stream-reviews.js';
import type { Summary } from './summary.js';

/** Options of `calibrateReviews`. */
export interface CalibrateReviewsOptions extends Omit<StreamReviewsOptions, 'labelled' | 'calibration'> {
  /** Where the reviews came from, for people who look at the calibration later. @default '' */
  readonly data?: string | undefined;
}

const { labelled: _labelled, calibration: _calibration, ...sharedOptions } = streamOptions;
const calibrateOptions: OptionNames<CalibrateReviewsOptions> = { ...sharedOptions, data: true };

/** A calibration, and the run that it comes from. */
export interface CalibrationRun {
  readonly calibration: Calibration;
  /** Its warnings report the excluded rows, and whether the calibration improved the confidence. */
  readonly summary: Summary;
}

/** So many answers without a confidence, and none with one: there will be none. */
const patience = 20;

/**
 * Fits the temperature of an agent's confidence on reviews with gold labels: fits on one half of them, split by content,
 * and measures on the other. The classified rows are kept in memory.
 * @throws CalibrationError if no temperature can be fitted; what stopped the run
 */
export async function calibrateReviews(
  reviews: Iterable<Review> | AsyncIterable<Review>,
  options: CalibrateReviewsOptions,
): Promise<CalibrationRun> {
  requireKnown('calibrateReviews', options, calibrateOptions);
  const { data = '', ...shared } = options;
  const { agent, runtime = nodeRuntime } = options;
  if (agent.labels.length === 0) {
    throw new CalibrationError(
      `the answers of ${agent.promptId} have no label, and only the confidence of labels is calibrated`,
      'mark a field of the type enum with label: true in the prompt file',
    );
  }
  const run = options.run && withProbabilities(options.run);
  const stream = streamReviews(reviews, { ...shared, run, labelled: true });
  const rows = { fitted: [] as ClassifiedRow[], heldOut: [] as ClassifiedRow[] };
  const gold = new GoldLabels(agent.labels);
  let known = 0;
  let unknown = 0;
  for await (const outcome of stream.outcomes) {
    if (outcome.result.status !== 'ok') continue;
    if (outcome.labelShares === null) unknown += 1;
    else known += 1;
    if (known === 0 && unknown >= patience) break;
    const row = rowOf(outcome, agent.labels, gold);
    if (row) rows[isHeldOut(outcome.review.text ?? '') ? 'heldOut' : 'fitted'].push(row);
  }
  if (known === 0 && unknown > 0) {
    throw new CalibrationError(
      `${agent.model.provider} ${agent.model.name} gives no confidence for ${agent.promptId}`,
      'it takes token probabilities (Ollama 0.12.11 or later) and a prompt that does not ask for free text',
    );
  }
  const about = { ...calibrationTarget(agent), data, madeAt: runtime.wallTime() };
  const calibration = explained(stream.summary(), () => fitCalibration(rows, about));
  return { calibration, summary: stream.summary(warningsOf(calibration, unknown)) };
}

/** The run without recorded answers that have no probabilities: another version of the server may return them. */
function withProbabilities({ store, ...run }: RecordedRun): RecordedRun {
  const given: RunStore = {
    path: store.path,
    scanOf: (digest) => store.scanOf(digest),
    begin: (another) => store.begin(another),
    async lookUp(lookups) {
      const found = await store.lookUp(lookups);
      return found.map((one) => (one === null || one.prediction.labelMass === null ? null : one));
    },
    record: (outcome) => store.record(outcome),
    flush: () => store.flush(),
    pause: (summary) => store.pause(summary),
    end: (status, summary) => store.end(status, summary),
    close: () => store.close(),
    [Symbol.asyncDispose]: () => store.close(),
  };
  return { ...run, store: given };
}

/** Undefined if the gold label or the confidence is not known. */
function rowOf({ review, result, labelShares }: ReviewOutcome<Review>, labels: readonly string[], gold: GoldLabels) {
  const expected = labels.indexOf(gold.labelOf(review.expected) ?? '');
  const answered = labels.indexOf(result.sentiment ?? '');
  return labelShares === null || expected < 0 || answered < 0 ? undefined : { shares: labelShares, answered, expected };
}

/** Adds the warnings about excluded rows: they may explain the error. */
function explained<T>({ warnings, errors }: Summary, work: () => T): T {
  try {
    return work();
  } catch (error) {
    const failures = errors.slice(0, 1).map(({ message, count }) => `${count} reviews failed: ${message}`);
    if (!(error instanceof CalibrationError)) throw error;
    throw new CalibrationError(
      error.problem,
      [[error.remedy].flat(), [...warnings, ...failures].map((problem) => `; ${problem}`)].flat(),
    );
  }
}

function warningsOf({ held_out: { expected_calibration_error: error, rows } }: Calibration, unknown: number): string[] {
  const warnings: string[] = [];
  if (unknown > 0) warnings.push(`the calibration excludes ${unknown} answers without a confidence`);
  if (error.after > error.before) {
    warnings.push(
      `the calibration does not improve the confidence of the ${rows} held-out rows: fit it on more rows, or run without it`,
    );
  }
  return warnings;
}
