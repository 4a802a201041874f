import { textKey, textPartOf } from '../../analysis/fingerprint.js';
import type { OutcomeRecord } from '../../analysis/run-store.js';
import { jointMetric, type Metric } from '../../foundation/statistics/metric-covariance.js';
import {
  type ComparedMetric,
  compareAccuracy,
  comparePaired,
  type PairedComparison,
} from '../../foundation/statistics/paired-comparison.js';
import { PairedTable } from '../../foundation/statistics/paired-table.js';
import { seededRandom } from '../../foundation/statistics/random-variates.js';
import { type ComparedPair, type Family, jointFamily } from '../../foundation/statistics/simultaneous.js';
import { correctBest } from './best-variant.js';
import { jointAnswers } from './compare-variants.js';
import type { AdjustedBest } from './comparison-result.js';
import { describePair } from './describe-pair.js';
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
export interface BaselineResult extends BaselineCounts {
  /** The id of the run. */
  readonly run: string;
  readonly variant: string;
  /** The difference is variant − baseline, with Tango's interval. */
  readonly accuracy: BaselineDifference;
  /** With the interval of the bootstrap. */
  readonly macro_f1: BaselineDifference;
  /** By the criterion of the experiment: McNemar's mid-p test, or the bootstrap. */
  readonly p_value: number;
  /** Worse than the baseline by the criterion: exactly where the interval of the difference is below 0. */
  readonly significantly_worse: boolean;
  /** Without the rows that one of the two failed on; null if there is none. */
  readonly both_answered: (BaselineCounts & { readonly accuracy: BaselineDifference }) | null;
  readonly sentence: string;
}

interface BaselineCounts {
  readonly rows: number;
  readonly both_right: number;
  readonly only_variant_right: number;
  readonly only_baseline_right: number;
  readonly both_wrong: number;
}

interface BaselineDifference {
  readonly variant: number;
  readonly baseline: number;
  readonly difference: number;
  readonly lower: number;
  readonly upper: number;
}

/**
 * Compares a variant with a recorded run. Rows are paired by their text, the n-th duplicate with the n-th. The gold labels
 * are those of the experiment.
 * @throws ExperimentError if the run has no gold labels, or no row in common with the experiment
 */
export function compareBaseline(
  answers: AnswerTable,
  variant: string,
  baseline: Baseline,
  criterion: Metric = 'accuracy',
): BaselineResult {
  const { run } = baseline;
  const recorded = answersByText(baseline);
  const table = new PairedTable(answers.labels);
  for (const [position, { text, expected }] of answers.rows.entries()) {
    const before = recorded.get(textKey(text))?.shift();
    if (before !== undefined) table.add(expected, answers.answerOf(variant, position), before);
  }
  const compared = comparePaired(table, seededRandom(1));
  if (!compared) {
    throw new ExperimentError(`the baseline ${run} has no row in common with the experiment`, [
      'name a run over the same texts with ',
      { option: 'baseline' },
    ]);
  }
  const answered = comparePaired(table, seededRandom(1), { failures: 'left-out' });
  const { difference, pValue, significant } = criterion === 'accuracy' ? compared.accuracy : compared.macroF1;
  return {
    run,
    variant,
    ...countsOf(compared),
    accuracy: differenceOf(compared.accuracy),
    macro_f1: differenceOf(compared.macroF1),
    p_value: pValue,
    significantly_worse: significant && difference < 0,
    both_answered: answered && { ...countsOf(answered), accuracy: differenceOf(answered.accuracy) },
    sentence: describePair([variant, `the baseline ${run}`], compared, {
      criterion,
      bothAnswered: answered?.rows === compared.rows ? undefined : answered,
    }),
  };
}

function countsOf({ rows, outcomes }: PairedComparison): BaselineCounts {
  return {
    rows,
    both_right: outcomes.bothRight,
    only_variant_right: outcomes.onlyFirst,
    only_baseline_right: outcomes.onlySecond,
    both_wrong: outcomes.bothWrong,
  };
}

function differenceOf({ first, second, difference, interval }: ComparedMetric): BaselineDifference {
  return { variant: first, baseline: second, difference, ...interval };
}

/** The answers to each text, in the order of the rows; null for a row that failed. */
function answersByText({ run, outcomes }: Baseline): ReadonlyMap<string, (string | null)[]> {
  const answers = new Map<string, (string | null)[]>();
  let labelled = false;
  for (const { key, expected, status, prediction } of outcomes) {
    if (key === null || status === 'skipped') continue;
    labelled ||= expected !== null;
    const textPart = textPartOf(key);
    const ofText = answers.get(textPart) ?? [];
    ofText.push(prediction?.label ?? null);
    answers.set(textPart, ofText);
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
  /** 0-based row. Null if it has no answer. */
  readonly answerAt: (position: number) => string | null;
}

/**
 * Compares each prompt with the reference on the same rows. A row without an answer counts as wrong. The intervals hold the
 * true differences of all prompts at once.
 */
export function compareWithReference(
  reference: PromptAnswers,
  prompts: readonly PromptAnswers[],
  data: LabelledRows,
): readonly ReferenceComparison[] {
  const { rows, labels } = data;
  const all = [reference, ...prompts];
  const joint = jointAnswers(all, data);
  const pairs = prompts.map((_, index): ComparedPair => [index + 1, 0]);
  const family = jointFamily(jointMetric('accuracy', joint).covariance, pairs);
  return prompts.map(({ name, answerAt }) => {
    const table = new PairedTable(labels);
    for (const [row, { expected }] of rows.entries()) table.add(expected, answerAt(row), reference.answerAt(row));
    const compared = comparedIn(table, family);
    const answeredByBoth = table.answeredByBoth();
    const { difference, interval, pValue, adjusted, significant } = compared.accuracy;
    return {
      difference,
      ...interval,
      p_value: pValue,
      p_adjusted: adjusted,
      significant,
      sentence: describePair([name, reference.name], compared, {
        comparisons: family.size,
        bothAnswered: answeredByBoth.rows === table.rows ? undefined : comparedOrNull(answeredByBoth, family),
      }),
    };
  });
}

/** The accuracy of the best of several prompts, corrected for its selection; null where there are fewer than two. */
export function correctWinner(prompts: readonly PromptAnswers[], data: LabelledRows): AdjustedBest | null {
  const found = correctBest(jointAnswers(prompts, data), 'accuracy');
  const winner = found && prompts[found.best];
  return winner ? { variant: winner.name, variants: prompts.length, ...found.metric } : null;
}

function comparedIn(table: PairedTable, family: Family) {
  const outcomes = table.outcomes();
  return { outcomes, accuracy: compareAccuracy(outcomes, family) };
}

function comparedOrNull(table: PairedTable, family: Family) {
  return table.rows === 0 ? null : comparedIn(table, family);
}
