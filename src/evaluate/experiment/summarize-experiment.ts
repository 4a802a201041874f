import type { TokenPrice } from '../../analysis/cost.js';
import { compareVariants } from './compare-variants.js';
import { disagreements } from './dividing-rows.js';
import { suspectedLabelErrors } from './doubtful-labels.js';
import type { DataMetrics, ExperimentResult } from './experiment-result.js';
import { experimentWarnings } from './experiment-warnings.js';
import type { LabelledRows } from './labelled-rows.js';
import type { PairResult } from './pair-result.js';
import { paretoFront } from './pareto-front.js';
import { scoreVariant } from './score-variant.js';
import type { VariantRecord } from './variant-record.js';
import type { VariantResult } from './variant-result.js';

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
