import { LabelContradictions } from '../../analysis/data-warnings.js';
import { isAboutOneLabel, oneLabelWarningByGold } from '../../analysis/run-warnings.js';
import type { TokenPrice } from '../../analysis/summary.js';
import { defaults } from '../../foundation/defaults.js';
import { renderRemedy, type SpellOption, type Warning } from '../../foundation/errors/chorale-error.js';
import type { Runtime } from '../../foundation/runtime.js';
import type { Metric } from '../../foundation/statistics/metric-covariance.js';
import { qualityOf } from './best-variant.js';
import { answerWarnings, compareAnswers, constantWarnings, goldWarnings } from './compare-answers.js';
import type { SuspectedLabelError } from './comparison-result.js';
import type { DataMetrics, ExperimentResult, VariantResult } from './experiment-result.js';
import type { LabelledRows } from './labelled-rows.js';
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
  readonly signal?: AbortSignal | undefined;
  readonly runtime?: Runtime | undefined;
}

/** All metrics of an experiment, from its answers. @param durationMs of the whole experiment */
export async function summarizeExperiment(
  records: readonly VariantRecord[],
  repeats: number,
  durationMs: number,
  options: SummaryOptions,
): Promise<ExperimentResult> {
  const { data, confidence = 0.95, resamples = 10_000, seed = defaults.seed, priceOf, versions = {} } = options;
  const variants = records.map((record) =>
    scoreVariant(record, data, { confidence, resamples, seed, price: priceOf?.(record.model) }),
  );
  const { signal, runtime } = options;
  const compared = await compareAnswers(records, variants, data, {
    criterion: options.criterion,
    confidence,
    resamples,
    seed,
    signal,
    runtime,
  });
  const { criterion, best } = compared;
  const byCriterion = paretoFronts(variants, (variant) => qualityOf(variant, criterion));
  const byMacroF1 = paretoFronts(variants, (variant) => qualityOf(variant, 'macro-f1'));
  const caveats = [...records.flatMap(({ caveat }) => caveat ?? []), ...runningWarnings(records, variants)];
  return {
    version: 2,
    versions,
    data: dataMetrics(data, options.source),
    repeats,
    variants,
    ...compared,
    pareto: {
      criterion_and_speed: byCriterion.speed,
      criterion_and_tokens: byCriterion.tokens,
      macro_f1_and_speed: byMacroF1.speed,
      macro_f1_and_tokens: byMacroF1.tokens,
    },
    duration_ms: Math.round(durationMs),
    warnings: experimentWarnings(data, variants, compared.doubtful_labels, [
      ...caveats,
      ...constantWarnings(variants, best),
    ]).map((one) => renderRemedy(one, options.spell)),
  };
}

function dataMetrics(
  { rows, labels, counts, choice, excluded, duplicates, field }: LabelledRows,
  source: SummaryOptions['source'],
): DataMetrics {
  const { limit = null, split = null, sample = null, seed = null } = choice;
  return {
    names: source?.names ?? [],
    digest: source?.digest ?? null,
    rows: rows.length,
    ...(field ? { field: field.name } : {}),
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

/** The warnings during the runs. That of one label comes once more at the end, with all answers. */
function runningWarnings(records: readonly VariantRecord[], variants: readonly VariantResult[]): readonly string[] {
  return records.flatMap(({ warning }, index) => {
    const confusion = variants[index]?.confusion;
    const isRepeated = warning !== null && isAboutOneLabel(warning) && confusion && oneLabelWarningByGold(confusion);
    return warning === null || isRepeated ? [] : [warning];
  });
}

function rowWarnings(data: LabelledRows): readonly Warning[] {
  const { rows, excluded, duplicates, choice } = data;
  const contradictions = new LabelContradictions();
  for (const { index, text, expected } of rows) contradictions.add(index, text, expected);
  const warnings: Warning[] = [...contradictions.warnings()];
  const { unlabelled, blank, unreadable } = excluded;
  if (unlabelled > 0) warnings.push(`excluded: ${countOf(unlabelled)} without a label`);
  if (blank > 0) warnings.push(`excluded: ${countOf(blank)} with a blank text`);
  if (unreadable > 0) warnings.push(`excluded: ${countOf(unreadable)} that cannot be read`);
  if (choice.sample !== undefined && rows.length < choice.sample) {
    warnings.push(`the sample has ${rows.length} rows: the data have no more different texts`);
  }
  warnings.push(...goldWarnings(data));
  if (duplicates > 0)
    warnings.push(`${countOf(duplicates)} with the text of another row: intervals and tests assume independent rows`);
  return warnings;
}

function variantWarnings(variant: VariantResult): readonly string[] {
  const { name, problem, confusion } = variant;
  if (problem) return [unreachableWarning(name, problem.message)];
  const oneLabel = oneLabelWarningByGold(confusion);
  return [
    ...answerWarnings(variant),
    ...(oneLabel === undefined ? [] : [`${name}: ${oneLabel}`]),
    ...stallWarnings(variant),
  ];
}

function countOf(rows: number): string {
  return `${rows} ${rows === 1 ? 'row' : 'rows'}`;
}

export function unreachableWarning(variant: string, message: string): string {
  return `${variant} was not measured: ${message}`;
}
