import { textKey } from '../../analysis/fingerprint.js';
import type { OutcomeRecord } from '../../analysis/run-store.js';
import { type ComparedMetric, compareAccuracy } from '../../foundation/statistics/paired-comparison.js';
import { holm } from '../../foundation/statistics/paired-tests.js';
import { countOutcomes, describeAccuracy } from './compare-variants.js';
import { ExperimentError } from './experiment-plan.js';
import type { ReferenceComparison } from './experiment-result.js';
import type { LabelledRows } from './labelled-rows.js';
import type { AnswerTable } from './variant-answers.js';

/** A recorded run that variants are compared with. */
export interface Baseline {
  /** The id of the run. */
  readonly run: string;
  readonly outcomes: Iterable<OutcomeRecord>;
}

/** A variant and a baseline on the rows that both have. A row without an answer counts as wrong. */
export interface BaselineResult {
  /** The id of the run. */
  readonly run: string;
  readonly variant: string;
  readonly rows: number;
  readonly both_right: number;
  readonly only_variant_right: number;
  readonly only_baseline_right: number;
  readonly both_wrong: number;
  /** The difference is variant − baseline, with Tango's interval. */
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
  readonly sentence: string;
}

const alpha = 0.05;

/**
 * Compares a variant with a recorded run. Rows are paired by their text, the n-th duplicate with the n-th. The gold labels
 * are those of the experiment.
 * @throws ExperimentError where the run has no gold labels, or no row in common with the experiment
 */
export function compareBaseline(answers: AnswerTable, variant: string, baseline: Baseline): BaselineResult {
  const { run } = baseline;
  const recorded = answersByText(baseline);
  const pairs = [...answers.rows.entries()].flatMap(([position, { text, expected }]) => {
    const before = recorded.get(textKey(text))?.shift();
    return before === undefined
      ? []
      : [[answers.answerOf(variant, position) === expected, before === expected] as const];
  });
  const rows = pairs.length;
  if (rows === 0) {
    throw new ExperimentError(`the baseline ${run} has no row in common with the experiment`, [
      'name a run over the same texts with ',
      { option: 'baseline' },
    ]);
  }
  const outcomes = countOutcomes(pairs);
  const compared = compareAccuracy(outcomes);
  const { first, second, difference, interval, pValue } = compared;
  return {
    run,
    variant,
    rows,
    both_right: outcomes.bothRight,
    only_variant_right: outcomes.onlyFirst,
    only_baseline_right: outcomes.onlySecond,
    both_wrong: outcomes.bothWrong,
    accuracy: { variant: first, baseline: second, difference, ...interval },
    p_value: pValue,
    significantly_worse: difference < 0 && pValue < alpha,
    sentence: describeAccuracy([variant, `the baseline ${run}`], outcomes, compared),
  };
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
  throw new ExperimentError(`the baseline ${run} has no gold labels`, [
    'name a run that had ',
    { option: 'label' },
    ', or a variant of an experiment',
  ]);
}

/** The answers of one prompt to the rows of the validation half. */
interface PromptAnswers {
  readonly name: string;
  /** 0-based row. Null where it has no answer. */
  readonly answerAt: (position: number) => string | null;
}

/** Compares each prompt with the reference on the same rows. A row without an answer counts as wrong. */
export function compareWithReference(
  reference: PromptAnswers,
  prompts: readonly PromptAnswers[],
  { rows }: LabelledRows,
): readonly ReferenceComparison[] {
  const all = prompts.map(({ name, answerAt }) => {
    const outcomes = countOutcomes(
      rows.map(({ expected }, row) => [answerAt(row) === expected, reference.answerAt(row) === expected] as const),
    );
    return { name, outcomes, compared: compareAccuracy(outcomes) };
  });
  const adjusted = holm(all.map(({ compared }) => compared.pValue));
  return all.map(({ name, outcomes, compared }, index) => {
    const { difference, interval, pValue } = compared;
    const p_adjusted = adjusted[index] ?? 1;
    const used: ComparedMetric = { ...compared, pValue: p_adjusted };
    return {
      difference,
      ...interval,
      p_value: pValue,
      p_adjusted,
      significant: p_adjusted <= alpha && difference !== 0,
      sentence: describeAccuracy([name, reference.name], outcomes, used, { corrected: prompts.length > 1 }),
    };
  });
}
