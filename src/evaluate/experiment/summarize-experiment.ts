import { LabelContradictions } from '../../analysis/data-warnings.js';
import { baselineWarnings } from '../../analysis/label-comparison.js';
import { oneLabelWarningByGold } from '../../analysis/run-warnings.js';
import type { TokenPrice } from '../../analysis/summary.js';
import { defaults } from '../../foundation/defaults.js';
import { renderRemedy, type SpellOption, type Warning } from '../../foundation/errors/chorale-error.js';
import type { Metric } from '../../foundation/statistics/metric-covariance.js';
import { adjustBest, bestOf, chooseCriterion, qualityOf } from './best-variant.js';
import { compareVariants } from './compare-variants.js';
import type {
  DataMetrics,
  Disagreement,
  ExperimentResult,
  SuspectedLabelError,
  VariantResult,
} from './experiment-result.js';
import type { LabelledRow, LabelledRows } from './labelled-rows.js';
import { paretoFronts } from './pareto.js';
import { scoreVariant } from './score-variant.js';
import { stallWarnings } from './speed-metrics.js';
import type { VariantRecord } from './variant-answers.js';

export interface SummaryOptions {
  readonly data: LabelledRows;
  /**
   * The metric that decides which variant is best. @default accuracy; macro-F1 where the most frequent label has at least
   * three times the rows of the rarest, and that one has at least ten
   */
  readonly criterion?: Metric | undefined;
  /** Confidence level of the intervals. @default 0.95 */
  readonly confidence?: number | undefined;
  /** Samples of the bootstrap. @default 10000 */
  readonly resamples?: number | undefined;
  /** Seed of the bootstrap. @default 1 */
  readonly seed?: number | undefined;
  /** Versions of what was used, by name. @default none */
  readonly versions?: Readonly<Record<string, string>> | undefined;
  /** Origin of the rows. @default that of `record` */
  readonly source?: { readonly names: readonly string[]; readonly digest: string } | undefined;
  /** What the tokens of a model cost; undefined if that is not known. */
  readonly priceOf?: ((model: string) => TokenPrice | undefined) | undefined;
  /** Writes an option that a warning names. @default as a caller of the library knows it */
  readonly spell?: SpellOption | undefined;
}

const mostDisagreements = 100;

/** All metrics of an experiment, from its answers. @param durationMs of the whole experiment */
export function summarizeExperiment(
  records: readonly VariantRecord[],
  repeats: number,
  durationMs: number,
  options: SummaryOptions,
): ExperimentResult {
  const { data, confidence = 0.95, resamples = 10_000, seed = defaults.seed, priceOf, versions = {} } = options;
  const variants = records.map((record) =>
    scoreVariant(record, data, { confidence, resamples, seed, price: priceOf?.(record.model) }),
  );
  const { criterion, reason } = chooseCriterion(data, options.criterion);
  const pairs = compareVariants(records, data, { criterion, confidence, resamples, seed });
  const best = bestOf(variants, pairs, criterion);
  const byCriterion = paretoFronts(variants, (variant) => qualityOf(variant, criterion));
  const byMacroF1 = paretoFronts(variants, (variant) => qualityOf(variant, 'macro-f1'));
  const suspected = suspectedLabelErrors(records, data);
  const caveats = records.flatMap(({ caveat, warning }) => [caveat, warning].filter((one) => one !== null));
  return {
    version: 2,
    versions,
    data: dataMetrics(data, options.source),
    repeats,
    confidence_level: confidence,
    criterion,
    criterion_reason: reason,
    variants,
    pairs,
    best,
    best_adjusted: adjustBest(records, data, { criterion, confidence }),
    pareto: {
      criterion_and_speed: byCriterion.speed,
      criterion_and_tokens: byCriterion.tokens,
      macro_f1_and_speed: byMacroF1.speed,
      macro_f1_and_tokens: byMacroF1.tokens,
    },
    dividing_rows: disagreements(records, data, mostDisagreements),
    doubtful_labels: suspected,
    duration_ms: Math.round(durationMs),
    warnings: experimentWarnings(data, variants, suspected, [...caveats, ...constantWarnings(variants, best)]).map(
      (one) => renderRemedy(one, options.spell),
    ),
  };
}

function dataMetrics(
  { rows, labels, counts, choice, excluded, duplicates }: LabelledRows,
  source: SummaryOptions['source'],
): DataMetrics {
  const { limit = null, split = null, sample = null, seed = null } = choice;
  return {
    names: source?.names ?? [],
    digest: source?.digest ?? null,
    rows: rows.length,
    labels,
    label_counts: counts,
    limit,
    split,
    sample,
    seed,
    left_out: excluded,
    copies: duplicates,
  };
}

/** Below this many rows intervals are wide. */
const fewRows = 100;

/** Below this many rows of a class its metrics are unreliable. */
const fewOfClass = 10;

/** Above this failure rate the metrics of the answered rows are those of noticeably different rows. */
const manyFailures = 0.05;

function experimentWarnings(
  data: LabelledRows,
  variants: readonly VariantResult[],
  suspected: readonly SuspectedLabelError[],
  caveats: readonly string[],
): readonly Warning[] {
  const errors = `suspected label errors in ${countOf(suspected.length)}: several variants are confident of another label`;
  const list = { option: 'outDisagreements', value: 'FILE', inLibrary: 'doubtful_labels' };
  return [
    ...new Set(caveats),
    ...rowWarnings(data),
    ...variants.flatMap(variantWarnings),
    ...(suspected.length > 0 ? [[`${errors} (`, list, ' lists them)']] : []),
  ];
}

/** A constant classifier may be the best by accuracy, and is of no use. */
function constantWarnings(variants: readonly VariantResult[], [best]: readonly string[]): readonly string[] {
  const constant = variants.find(({ name }) => name === best)?.constant ?? null;
  return constant === null
    ? []
    : [`the best variant ${best} is a constant classifier: it answers every row '${constant}'`];
}

function rowWarnings({ rows, counts, excluded, duplicates, choice, labels }: LabelledRows): readonly Warning[] {
  const contradictions = new LabelContradictions();
  for (const { index, text, expected } of rows) contradictions.add(index, text, expected);
  const warnings: Warning[] = [...contradictions.warnings()];
  const { unlabelled, blank, unreadable } = excluded;
  if (unlabelled > 0) warnings.push(`excluded: ${countOf(unlabelled)} without a label`);
  if (blank > 0) warnings.push(`excluded: ${countOf(blank)} with a blank text`);
  if (unreadable > 0) warnings.push(`excluded: ${countOf(unreadable)} that cannot be read`);
  if (rows.length < fewRows) warnings.push(`${rows.length} rows are few: they cannot show small differences`);
  if (choice.sample !== undefined && rows.length < choice.sample) {
    warnings.push(`the sample has ${rows.length} rows: the data have no more different texts`);
  }
  const rare = labels.filter((label) => (counts[label] ?? 0) > 0 && (counts[label] ?? 0) < fewOfClass);
  if (rare.length > 0) {
    const list = rare.map((label) => `${label} (${counts[label]})`).join(', ');
    warnings.push(`fewer than ${fewOfClass} rows have the label ${list}: its metrics and macro-F1 are unreliable`);
  }
  const absent = labels.filter((label) => counts[label] === 0);
  if (absent.length > 0) {
    const present = labels.filter((label) => !absent.includes(label)).join(',');
    const problem = `no row has the label ${absent.join(', ')}, which the variants may answer`;
    warnings.push([`${problem}; if none can have it: `, { option: 'labels', value: present }]);
  }
  if (duplicates > 0)
    warnings.push(`${countOf(duplicates)} with the text of another row: intervals and tests assume independent rows`);
  return warnings;
}

function variantWarnings(variant: VariantResult): readonly string[] {
  const { name, rows, failed, problem, confusion } = variant;
  if (problem) return [unreachableWarning(name, problem.message)];
  const oneLabel = oneLabelWarningByGold(confusion);
  const quality = [...(oneLabel === undefined ? [] : [oneLabel]), ...baselineWarnings(confusion, 'wrong')];
  return [
    ...(failed > rows * manyFailures
      ? [`${name} failed on ${failed} of ${rows} rows: they count as wrong in all comparisons`]
      : []),
    ...quality.map((warning) => `${name}: ${warning}`),
    ...stallWarnings(variant),
  ];
}

function countOf(rows: number): string {
  return `${rows} ${rows === 1 ? 'row' : 'rows'}`;
}

export function unreachableWarning(variant: string, message: string): string {
  return `${variant} was not measured: ${message}`;
}

/** The rows on which most pairs of variants disagree, the most disagreement first. @param most at most this many */
function disagreements(records: readonly VariantRecord[], data: LabelledRows, most: number): readonly Disagreement[] {
  const measured = records.filter(({ rounds }) => rounds.length > 0);
  const pairs = (measured.length * (measured.length - 1)) / 2;
  if (pairs === 0) return [];
  const ranked: { readonly position: number; readonly division: number }[] = [];
  for (let position = 0; position < data.rows.length; position += 1) {
    const division = differingPairs(measured, position) / pairs;
    if (division > 0) ranked.push({ position, division });
  }
  ranked.sort((a, b) => b.division - a.division || a.position - b.position);
  return ranked.slice(0, most).flatMap(({ position, division }) => {
    const row = data.rows[position];
    if (!row) return [];
    const answers = measured.map(
      ({ variant, rounds }) => [variant.name, rounds[0]?.answerAt(position) ?? null] as const,
    );
    return [{ index: row.index, id: row.id, expected: row.expected, division, answers: Object.fromEntries(answers) }];
  });
}

function differingPairs(records: readonly VariantRecord[], position: number): number {
  let differing = 0;
  for (let a = 0; a < records.length; a += 1) {
    const answer = records[a]?.rounds[0]?.indexAt(position);
    for (let b = a + 1; b < records.length; b += 1) {
      if (records[b]?.rounds[0]?.indexAt(position) !== answer) differing += 1;
    }
  }
  return differing;
}

/** Least confidence of an answer that speaks against a label. */
const confident = 0.9;

/** So many confident answers against a label make it suspect. */
const minVariants = 2;

/**
 * Rows for which at least two variants are confident of the same other label, and no variant is confident of the given
 * label. Rows with the most and the most confident variants come first.
 */
function suspectedLabelErrors(records: readonly VariantRecord[], data: LabelledRows): readonly SuspectedLabelError[] {
  return data.rows
    .flatMap((row, position) => suspectedErrorOf(row, position, records))
    .sort(
      (a, b) => b.variants.length - a.variants.length || b.mean_confidence - a.mean_confidence || a.index - b.index,
    );
}

function suspectedErrorOf(
  row: LabelledRow,
  position: number,
  records: readonly VariantRecord[],
): readonly SuspectedLabelError[] {
  const { index, id, expected } = row;
  const against = records.flatMap(({ variant, rounds: [first] }) => {
    const confidence = first?.confidenceAt(position) ?? 0;
    const answer = first?.answerAt(position) ?? null;
    return answer !== null && confidence >= confident ? [{ name: variant.name, answer, confidence }] : [];
  });
  const answered = against[0]?.answer;
  if (answered === undefined || answered === expected || against.length < minVariants) return [];
  if (against.some(({ answer }) => answer !== answered)) return [];
  const mean_confidence = against.reduce((sum, { confidence }) => sum + confidence, 0) / against.length;
  return [{ index, id, expected, answered, variants: against.map(({ name }) => name), mean_confidence }];
}
