import { LabelContradictions } from '../../analysis/duplicates.js';
import { baselineWarnings } from '../../analysis/label-comparison.js';
import { oneLabelWarningByGold } from '../../analysis/run-warnings.js';
import type { TokenPrice } from '../../analysis/summary.js';
import { compareVariants, paretoFront } from './compare-variants.js';
import type {
  DataMetrics,
  Disagreement,
  ExperimentResult,
  PairResult,
  SuspectedLabelError,
  VariantResult,
} from './experiment-result.js';
import type { LabelledRow, LabelledRows } from './labelled-rows.js';
import { scoreVariant } from './score-variant.js';
import type { VariantRecord } from './variant-answers.js';

/** How an experiment is summed up. */
export interface SummaryOptions {
  readonly data: LabelledRows;
  /** How often the intervals are to hold the true value. @default 0.95 */
  readonly confidence?: number | undefined;
  /** Samples of the bootstrap. @default 10000 */
  readonly resamples?: number | undefined;
  /** Of the bootstrap. @default 1 */
  readonly seed?: number | undefined;
  /** What was used, by name, for the record. @default nothing */
  readonly versions?: Readonly<Record<string, string>> | undefined;
  /** Where the rows came from, for the record. @default that of `record` */
  readonly source?: { readonly names: readonly string[]; readonly digest: string } | undefined;
  /** What the tokens of a model cost; undefined where that is not known. */
  readonly priceOf?: ((model: string) => TokenPrice | undefined) | undefined;
}

const mostDividing = 100;

/** All figures of an experiment, from its answers. @param durationMs of the whole experiment */
export function summarizeExperiment(
  records: readonly VariantRecord[],
  repeats: number,
  durationMs: number,
  options: SummaryOptions,
): ExperimentResult {
  const { data, confidence = 0.95, resamples = 10_000, seed = 1, priceOf, versions = {} } = options;
  const variants = records.map((record) => scoreVariant(record, data, { confidence, price: priceOf?.(record.model) }));
  const pairs = compareVariants(records, data, { confidence, resamples, seed });
  const doubtful_labels = suspectedLabelErrors(records, data);
  const caveats = records.flatMap(({ caveat, doubt }) => [caveat, doubt].filter((one) => one !== null));
  return {
    version: 1,
    versions,
    data: figuresOf(data, options.source),
    repeats,
    confidence_level: confidence,
    variants,
    pairs,
    best: bestOf(variants, pairs),
    pareto: {
      macro_f1_and_speed: paretoFront(standings(variants, ({ reviews_per_second: speed }) => speed)),
      macro_f1_and_tokens: paretoFront(
        standings(variants, ({ tokens: { per_review: tokens } }) => (tokens === null ? null : -tokens)),
      ),
    },
    dividing_rows: disagreements(records, data, mostDividing),
    doubtful_labels,
    duration_ms: Math.round(durationMs),
    warnings: experimentWarnings(data, { variants, doubtful_labels }, caveats),
  };
}

function figuresOf(
  { rows, labels, counts, choice, leftOut, copies }: LabelledRows,
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
    left_out: leftOut,
    copies,
  };
}

/** A row without an answer is a wrong one: who answers the easy rows only is not the best, nor as good as the best. */
function bestOf(variants: readonly VariantResult[], pairs: readonly PairResult[]): readonly string[] {
  const asked = variants.filter(({ answered }) => answered > 0);
  const [first] = [...asked].sort((a, b) => rightShare(b) - rightShare(a));
  if (!first) return [];
  const isTie = (name: string) =>
    pairs.some(
      ({ a, b, failures_as_wrong: { significant } }) =>
        !significant && ((a === first.name && b === name) || (a === name && b === first.name)),
    );
  return [first.name, ...asked.map(({ name }) => name).filter((name) => name !== first.name && isTie(name))];
}

function rightShare({ failures_as_wrong: { accuracy } }: VariantResult): number {
  return accuracy.value ?? -1;
}

function standings(variants: readonly VariantResult[], economyOf: (variant: VariantResult) => number | null) {
  return variants.map((variant) => ({
    name: variant.name,
    quality: variant.failures_as_wrong.macro_f1,
    economy: economyOf(variant),
  }));
}

/** Below this many rows intervals are wide. */
const fewRows = 100;

/** Below this many rows of a class its figures say little. */
const fewOfClass = 10;

/** A variant that fails more often is measured on other rows than the others. */
const manyFailures = 0.05;

/** What the reader of the figures must know. */
function experimentWarnings(
  data: LabelledRows,
  { variants, doubtful_labels }: Pick<ExperimentResult, 'variants' | 'doubtful_labels'>,
  caveats: readonly string[],
): readonly string[] {
  return [
    ...new Set(caveats),
    ...rowWarnings(data),
    ...variants.flatMap(variantWarnings),
    ...(doubtful_labels.length > 0
      ? [
          `the label of ${countOf(doubtful_labels.length)} looks wrong: several variants are sure of another one ` +
            '(--out-disagreements FILE lists them)',
        ]
      : []),
  ];
}

function rowWarnings({ rows, counts, leftOut, copies, choice, labels }: LabelledRows): readonly string[] {
  const contradictions = new LabelContradictions();
  for (const { index, text, expected } of rows) contradictions.add(index, text, expected);
  const warnings: string[] = [...contradictions.warnings()];
  const { unlabelled, blank, unreadable } = leftOut;
  if (unlabelled > 0) warnings.push(`left out: ${countOf(unlabelled)} without a label`);
  if (blank > 0) warnings.push(`left out: ${countOf(blank)} with a blank text`);
  if (unreadable > 0) warnings.push(`left out: ${countOf(unreadable)} that cannot be read`);
  if (rows.length < fewRows) warnings.push(`${rows.length} rows are few: small differences cannot be seen with them`);
  if (choice.sample !== undefined && rows.length < choice.sample) {
    warnings.push(`the sample has ${rows.length} rows: there are no more different texts`);
  }
  const rare = labels.filter((label) => (counts[label] ?? 0) > 0 && (counts[label] ?? 0) < fewOfClass);
  if (rare.length > 0) {
    const list = rare.map((label) => `${label} (${counts[label]})`).join(', ');
    warnings.push(`fewer than ${fewOfClass} rows have the label ${list}: figures of it, and macro-F1, say little`);
  }
  const absent = labels.filter((label) => counts[label] === 0);
  if (absent.length > 0) {
    warnings.push(
      `no row has the label ${absent.join(', ')}, which the variants may answer; ` +
        `if none can have it: --labels ${labels.filter((label) => !absent.includes(label)).join(',')}`,
    );
  }
  if (copies > 0)
    warnings.push(`${countOf(copies)} of the same text as another one: intervals and tests take them for independent`);
  return warnings;
}

function variantWarnings({ name, rows, failed, problem, confusion }: VariantResult): readonly string[] {
  if (problem) return [unreachableWarning(name, problem.message)];
  const oneLabel = oneLabelWarningByGold(confusion);
  const quality = [...(oneLabel === undefined ? [] : [oneLabel]), ...baselineWarnings(confusion)];
  return [
    ...(failed > rows * manyFailures
      ? [`${name} failed on ${failed} of ${rows} rows: its figures are of the others, unless failures count as wrong`]
      : []),
    ...quality.map((warning) => `${name}: ${warning}`),
  ];
}

function countOf(rows: number): string {
  return `${rows} ${rows === 1 ? 'row' : 'rows'}`;
}

/** What is said of a variant that could not be asked. */
export function unreachableWarning(variant: string, message: string): string {
  return `${variant} was not measured: ${message}`;
}

/** The rows whose answers differ most between the variants, the most divisive first. @param most at most this many */
function disagreements(records: readonly VariantRecord[], data: LabelledRows, most: number): readonly Disagreement[] {
  const asked = records.filter(({ rounds }) => rounds.length > 0);
  const pairs = (asked.length * (asked.length - 1)) / 2;
  if (pairs === 0) return [];
  const ranked: { readonly position: number; readonly division: number }[] = [];
  for (let position = 0; position < data.rows.length; position += 1) {
    const division = differingPairs(asked, position) / pairs;
    if (division > 0) ranked.push({ position, division });
  }
  ranked.sort((a, b) => b.division - a.division || a.position - b.position);
  return ranked.slice(0, most).flatMap(({ position, division }) => {
    const row = data.rows[position];
    if (!row) return [];
    const answers = asked.map(({ variant, rounds }) => [variant.name, rounds[0]?.answerAt(position) ?? null] as const);
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

/** An answer with at least this confidence is a sure one. */
const sure = 0.9;

/** So many sure answers against a label make it doubtful. */
const several = 2;

/**
 * Rows against whose label at least two variants are sure of one and the same other label, and for which no variant is
 * sure. Variants without a confidence have no say. Those with the most and the surest witnesses come first.
 */
function suspectedLabelErrors(records: readonly VariantRecord[], data: LabelledRows): readonly SuspectedLabelError[] {
  return data.rows
    .flatMap((row, position) => doubt(row, position, records))
    .sort(
      (a, b) => b.variants.length - a.variants.length || b.mean_confidence - a.mean_confidence || a.index - b.index,
    );
}

function doubt(row: LabelledRow, position: number, records: readonly VariantRecord[]): readonly SuspectedLabelError[] {
  const { index, id, expected } = row;
  const witnesses = records.flatMap(({ variant, rounds: [first] }) => {
    const confidence = first?.confidenceAt(position) ?? 0;
    const answer = first?.answerAt(position) ?? null;
    return answer !== null && confidence >= sure ? [{ name: variant.name, answer, confidence }] : [];
  });
  const answered = witnesses[0]?.answer;
  if (answered === undefined || answered === expected || witnesses.length < several) return [];
  if (witnesses.some(({ answer }) => answer !== answered)) return [];
  const mean_confidence = witnesses.reduce((sum, { confidence }) => sum + confidence, 0) / witnesses.length;
  return [{ index, id, expected, answered, variants: witnesses.map(({ name }) => name), mean_confidence }];
}
