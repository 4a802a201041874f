import { type JointAnswers, jointMetric, type Metric } from '../../foundation/statistics/metric-covariance.js';
import type { Interval } from '../../foundation/statistics/proportions.js';
import { selectedBest, selectedBestAccuracy } from '../../foundation/statistics/selection-correction.js';
import { jointAnswers } from './compare-variants.js';
import type { AdjustedBest, AnswerScores, PairResult } from './comparison-result.js';
import type { GoldRows } from './labelled-rows.js';
import type { NamedAnswers } from './variant-answers.js';

/** The criterion of an experiment, and why. */
export interface Criterion {
  readonly criterion: Metric;
  readonly reason: string;
}

/** From this ratio of the most frequent label to the rarest on, a class imbalance is called medium; below it, low. */
const unbalancedRatio = 3;

/** With fewer rows of a label, macro-F1 is too uncertain to decide. */
const fewestRows = 10;

/**
 * The metric that decides which variant is best. Accuracy, unless the classes are unbalanced: a variant that never answers
 * the rare label may then have the best accuracy. Unbalanced is a ratio of at least 3, the medium imbalance of A. Fernández,
 * S. García, M. J. del Jesus and F. Herrera (Fuzzy Sets and Systems 159, 2008). The choice depends on the rows only, not on
 * the answers, so that it favours no variant.
 */
export function chooseCriterion({ labels, counts }: GoldRows, given?: Metric): Criterion {
  if (given !== undefined) return { criterion: given, reason: 'as given' };
  const occurring = labels.map((label) => ({ label, rows: counts[label] ?? 0 })).filter(({ rows }) => rows > 0);
  const ordered = [...occurring].sort((a, b) => b.rows - a.rows);
  const [most, least] = [ordered[0], ordered.at(-1)];
  if (!most || !least || most.rows < unbalancedRatio * least.rows) {
    return { criterion: 'accuracy', reason: 'the classes are balanced' };
  }
  const classes = `${most.label} ${most.rows}, ${least.label} ${least.rows} rows`;
  return least.rows < fewestRows
    ? { criterion: 'accuracy', reason: `the rarest class has too few rows for macro-F1: ${classes}` }
    : { criterion: 'macro-f1', reason: `the classes are unbalanced: ${classes}` };
}

/** The criterion's value of a variant, with failures as wrong; null if it was not measured. */
export function qualityOf({ failures_as_wrong: quality }: AnswerScores, criterion: Metric): number | null {
  return criterion === 'accuracy' ? quality.accuracy.value : quality.macro_f1;
}

/** The best variant, and those without a significant difference from it. */
export function bestOf(
  variants: readonly AnswerScores[],
  pairs: readonly PairResult[],
  criterion: Metric,
): readonly string[] {
  const measured = variants.filter(({ answered }) => answered > 0);
  const quality = (variant: AnswerScores) => qualityOf(variant, criterion) ?? -1;
  const [first] = [...measured].sort((a, b) => quality(b) - quality(a));
  if (!first) return [];
  const isTie = (name: string) =>
    pairs.some(
      ({ a, b, significant }) => !significant && ((a === first.name && b === name) || (a === name && b === first.name)),
    );
  return [first.name, ...measured.map(({ name }) => name).filter((name) => name !== first.name && isTie(name))];
}

/** The criterion's value of the best variant, corrected for its selection; null if there was nothing to select from. */
export function adjustBest(
  given: readonly NamedAnswers[],
  data: GoldRows,
  { criterion, confidence }: { readonly criterion: Metric; readonly confidence: number },
): AdjustedBest | null {
  const measured = given.flatMap(({ name, answers }) => (answers && answers.answered > 0 ? [{ name, answers }] : []));
  const joint = jointAnswers(
    measured.map(({ answers }) => answers),
    data,
  );
  const found = correctBest(joint, criterion, confidence);
  const best = found && measured[found.best];
  return best ? { variant: best.name, variants: measured.length, ...found.metric } : null;
}

/** The highest metric of several classifiers, corrected for its selection; null where there are fewer than two. */
export function correctBest(
  joint: JointAnswers,
  criterion: Metric,
  confidence = 0.95,
): { readonly best: number; readonly metric: Interval & { readonly value: number } } | null {
  if (joint.answers.length < 2) return null;
  const { values, covariance } = jointMetric(criterion, joint);
  const rows = joint.expected.length;
  const right = values.map((value) => value * rows);
  const found =
    criterion === 'accuracy'
      ? selectedBestAccuracy(right, rows, covariance, { confidence })
      : selectedBest(values, covariance, { confidence });
  if (!found) return null;
  const within = (share: number) => Math.min(1, Math.max(0, share));
  const { lower, upper } = found.interval;
  return { best: found.best, metric: { value: within(found.value), lower: within(lower), upper: within(upper) } };
}
