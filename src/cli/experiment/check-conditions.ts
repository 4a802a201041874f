import { existsSync } from 'node:fs';
import { type BaselineResult, compareBaseline } from '../../evaluate/experiment/compare-baseline.js';
import { ExperimentError } from '../../evaluate/experiment/experiment-plan.js';
import type { Check, ExperimentResult } from '../../evaluate/experiment/experiment-result.js';
import { metricsByName } from '../../evaluate/experiment/metric-names.js';
import { repeatedSample } from '../../evaluate/experiment/repeated-sample.js';
import type { Experiment } from '../../evaluate/experiment/run-experiment.js';
import { ThresholdMissedError } from '../../foundation/errors/chorale-error.js';
import { openRunArchive } from '../../store/runs/run-archive.js';
import { describeMiss, isOnSuccessRate, meets, type VariantThreshold } from '../options/threshold.js';

/**
 * What the thresholds come to: for the best variant, for the one that they name, or for all, as they say; and whether the
 * best one is significantly worse than the baseline.
 */
export function checkAssertions(
  thresholds: readonly VariantThreshold[],
  result: ExperimentResult,
  baseline?: BaselineResult,
): readonly Check[] {
  const checks = checkVariants(thresholds, result, metricsByName);
  return baseline ? [...checks, baselineCheck(baseline)] : checks;
}

/** The conditions that are not met, as one error; undefined if all are. */
export function missedChecks(checks: readonly Check[]): ThresholdMissedError | undefined {
  const missed = checks.flatMap((check) => (check.missed === null ? [] : [check.missed]));
  return missed.length > 0 ? new ThresholdMissedError(missed) : undefined;
}

/** The variants of a comparison, and the best of them. */
interface ComparedVariants<V> {
  readonly variants: readonly V[];
  readonly best: readonly string[];
}

/** What thresholds on the metrics of variants come to. */
export function checkVariants<V extends { readonly name: string }>(
  thresholds: readonly VariantThreshold[],
  compared: ComparedVariants<V>,
  metricsOf: (variant: V) => ReadonlyMap<string, number | null>,
): readonly Check[] {
  return thresholds.flatMap((threshold) =>
    variantsOf(threshold, compared).map((variant) => checkOf(threshold, variant, metricsOf(variant))),
  );
}

function checkOf(
  threshold: VariantThreshold,
  variant: { readonly name: string },
  metrics: ReadonlyMap<string, number | null>,
): Check {
  const { text, path } = threshold;
  const value = metrics.get(path.join('.')) ?? null;
  const missed = meets(value, threshold) ? null : describeMiss(threshold, value, ` for ${variant.name}`);
  return { variant: variant.name, name: text, acceptsFailures: isOnSuccessRate(threshold), missed };
}

function baselineCheck({ run, variant, rows, significantly_worse, sentence }: BaselineResult): Check {
  const missed = significantly_worse ? `not worse than the baseline (${sentence}, on ${rows} rows)` : null;
  return { variant, name: `not significantly worse than the baseline ${run}`, missed };
}

function variantsOf<V extends { readonly name: string }>(
  { variant }: VariantThreshold,
  { variants, best }: ComparedVariants<V>,
): readonly V[] {
  if (variant === 'every') return variants;
  return variants.filter(({ name }) => name === (variant ?? best[0]));
}

/** Stands for the newest run that is none of the experiment's own. */
const latest = 'latest';

/** Runs that were there before the experiment began, and may be its baseline. */
interface BaselineChoice {
  /** Path of the store. */
  readonly store: string;
  /** The newest first. */
  readonly candidates: readonly string[];
  /** Whether a run of this resumed experiment may be meant. */
  readonly mayBeOwn: boolean;
}

/**
 * Finds the runs that `--baseline` may mean, before the first request.
 * @throws RunUnknownError, ExperimentError if there is none
 */
export function findBaseline(wanted: string, store: string): BaselineChoice {
  if (!existsSync(store)) throw noRun(store);
  const archive = openRunArchive(store);
  try {
    if (wanted !== latest) return { store, candidates: [archive.find(wanted).id], mayBeOwn: true };
    const candidates = archive
      .list()
      .filter(
        ({ id, answered, failed }) => answered + failed > 0 && archive.configuration(id).repeat !== repeatedSample,
      );
    if (candidates.length === 0) throw noRun(store);
    return { store, candidates: candidates.map(({ id }) => id), mayBeOwn: false };
  } finally {
    archive.close();
  }
}

/** Compares the best variant with the baseline; undefined if no variant was asked. @throws ExperimentError */
export function compareBest(
  { store, candidates, mayBeOwn }: BaselineChoice,
  { result, answers }: Experiment,
): BaselineResult | undefined {
  const [best] = result.best;
  if (best === undefined) return undefined;
  const own = result.variants.flatMap(({ runs }) => runs);
  const run = candidates.find((id) => mayBeOwn || !own.includes(id));
  if (run === undefined) throw noRun(store);
  const archive = openRunArchive(store);
  try {
    return compareBaseline(answers, best, { run, outcomes: archive.outcomes(run) }, result.criterion);
  } finally {
    archive.close();
  }
}

function noRun(store: string): ExperimentError {
  return new ExperimentError(
    `there is no baseline: ${store} holds no earlier run`,
    'record one first, or say with --store FILE where it is',
  );
}
