import { textKey } from '../../analysis/fingerprint.js';
import type { OutcomeRecord } from '../../analysis/run-store.js';
import { describeComparison } from '../../foundation/statistics/paired-comparison.js';
import { exactMcNemar, rowsNeeded, tangoInterval } from '../../foundation/statistics/paired-tests.js';
import { differenceThatMatters } from './compare-variants.js';
import { ExperimentError } from './experiment-plan.js';
import type { AnswerTable } from './variant-answers.js';

/** A recorded run that variants are measured against. */
export interface Baseline {
  /** The id of the run. */
  readonly run: string;
  /** What became of its rows. */
  readonly outcomes: Iterable<OutcomeRecord>;
}

/** A variant against a baseline, on the rows that both were asked. A row without an answer is a wrong one. */
export interface BaselineResult {
  /** The id of the run. */
  readonly run: string;
  readonly variant: string;
  readonly rows: number;
  readonly both_right: number;
  readonly only_variant_right: number;
  readonly only_baseline_right: number;
  readonly both_wrong: number;
  /** Shares of right answers; the difference is variant − baseline, with Tango's interval. */
  readonly accuracy: {
    readonly variant: number;
    readonly baseline: number;
    readonly difference: number;
    readonly lower: number;
    readonly upper: number;
  };
  /** Exact test of McNemar, two-sided. */
  readonly p_value: number;
  /** Fewer right answers than the baseline, and p below 0.05. */
  readonly significantly_worse: boolean;
  /** What can be said of it, in plain words. */
  readonly sentence: string;
}

/** The chance of a false alarm is below this: half of it, since only one side of the two-sided test is an alarm. */
const alpha = 0.05;

/**
 * Whether a variant is worse than a recorded run. Rows are paired by their text, the n-th with the n-th where copies are
 * among them; what is right is what the labels of the experiment say now.
 * @throws ExperimentError where the run has no right labels, or no row in common with the experiment
 */
export function compareBaseline(answers: AnswerTable, variant: string, baseline: Baseline): BaselineResult {
  const recorded = answersByText(baseline);
  const counts = { both: 0, variant: 0, baseline: 0, neither: 0 };
  for (const [position, { text, expected }] of answers.rows.entries()) {
    const before = recorded.get(textKey(text))?.shift();
    if (before === undefined) continue;
    const isRight = answers.answerOf(variant, position) === expected;
    const wasRight = before === expected;
    if (isRight) counts[wasRight ? 'both' : 'variant'] += 1;
    else counts[wasRight ? 'baseline' : 'neither'] += 1;
  }
  const rows = counts.both + counts.variant + counts.baseline + counts.neither;
  if (rows === 0) {
    throw new ExperimentError(`the baseline ${baseline.run} has no row in common with the experiment`, [
      'name a run over the same texts with ',
      { option: 'baseline' },
    ]);
  }
  return resultOf(baseline.run, variant, rows, counts);
}

/** The answers to each text, in the order of the rows; null for a row that failed. */
function answersByText({ run, outcomes }: Baseline): ReadonlyMap<string, (string | null)[]> {
  const answers = new Map<string, (string | null)[]>();
  let labelled = false;
  for (const { key, expected, status, prediction } of outcomes) {
    if (key === null || status === 'skipped') continue;
    labelled ||= expected !== null;
    const ofText = answers.get(key) ?? [];
    ofText.push(prediction?.label ?? null);
    answers.set(key, ofText);
  }
  if (labelled || answers.size === 0) return answers;
  throw new ExperimentError(`the baseline ${run} has no right labels`, [
    'name a run that had ',
    { option: 'label' },
    ', or a variant of an experiment',
  ]);
}

function resultOf(
  run: string,
  variant: string,
  rows: number,
  counts: { readonly both: number; readonly variant: number; readonly baseline: number; readonly neither: number },
): BaselineResult {
  const outcomes = {
    bothRight: counts.both,
    onlyFirst: counts.variant,
    onlySecond: counts.baseline,
    bothWrong: counts.neither,
  };
  const difference = (counts.variant - counts.baseline) / rows;
  const interval = tangoInterval(outcomes);
  const pValue = exactMcNemar(counts.variant, counts.baseline);
  const needed = rowsNeeded(differenceThatMatters, (counts.variant + counts.baseline) / rows);
  return {
    run,
    variant,
    rows,
    both_right: counts.both,
    only_variant_right: counts.variant,
    only_baseline_right: counts.baseline,
    both_wrong: counts.neither,
    accuracy: {
      variant: (counts.both + counts.variant) / rows,
      baseline: (counts.both + counts.baseline) / rows,
      difference,
      ...interval,
    },
    p_value: pValue,
    significantly_worse: difference < 0 && pValue < alpha,
    sentence: describeComparison(
      {
        first: variant,
        second: `the baseline ${run}`,
        difference,
        interval,
        pValue,
        rows,
        visible: { difference: differenceThatMatters, rows: needed },
      },
      { corrected: false },
    ),
  };
}
