import { defaults } from '../../foundation/defaults.js';
import { renderRemedy, type SpellOption } from '../../foundation/errors/chorale-error.js';
import type { Metric } from '../../foundation/statistics/metric-covariance.js';
import { answerWarnings, compareAnswers, constantWarnings, goldWarnings } from '../experiment/compare-answers.js';
import type { AnswerScores, ComparisonResult } from '../experiment/comparison-result.js';
import { scoreAnswers } from '../experiment/score-answers.js';
import { type JoinOptions, joinPredictions } from './join-predictions.js';
import type { PredictionFile } from './predictions.js';

/** The comparison of predictions that stood in files. Field names are those of the JSON output. */
export interface PredictionComparison extends ComparisonResult {
  /** Version of this format: grows when a field changes its meaning. */
  readonly version: 1;
  readonly data: {
    /** As they were named. */
    readonly names: readonly string[];
    /** Rows compared. */
    readonly rows: number;
    readonly labels: readonly string[];
    readonly label_counts: Readonly<Record<string, number>>;
    /** Rows that are not compared: without a gold label, without a prediction of each variant, unreadable. */
    readonly left_out: { readonly unlabelled: number; readonly missing: number; readonly unreadable: number };
  };
  readonly variants: readonly PredictedVariant[];
  readonly warnings: readonly string[];
}

/** The metrics of one classifier. */
export interface PredictedVariant extends AnswerScores {
  readonly file: string;
  /** Where its predictions stand in the file. */
  readonly source: string;
  /** Predictions that are none of the labels; they are among `failed`. */
  readonly outside_labels: number;
}

interface ComparePredictionsOptions extends JoinOptions {
  /** @default by the rows of each label */
  readonly criterion?: Metric | undefined;
  /** Confidence level of the intervals. @default 0.95 */
  readonly confidence?: number | undefined;
  /** Samples of the bootstrap. @default 10000 */
  readonly resamples?: number | undefined;
  /** Seed of the bootstrap. @default 1 */
  readonly seed?: number | undefined;
  /** Writes an option that a warning names. @default as a caller of the library knows it */
  readonly spell?: SpellOption | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** The result, and the texts of the rows by their index. */
interface ComparedPredictions {
  readonly result: PredictionComparison;
  readonly texts: ReadonlyMap<number, string>;
}

/**
 * Compares classifiers by the predictions that any tool made: the statistics of an experiment.
 * @throws ComparisonError
 */
export async function comparePredictions(
  files: readonly PredictionFile[],
  options: ComparePredictionsOptions = {},
): Promise<ComparedPredictions> {
  const { confidence = 0.95, resamples = 10_000, seed = defaults.seed, criterion, spell } = options;
  const { data, given, excluded, warnings } = joinPredictions(files, options);
  const variants = given.map(({ name, answers, path, source, outside }) => ({
    ...scoreAnswers(name, answers, data, { confidence, seed }),
    file: path,
    source,
    outside_labels: outside,
  }));
  const compared = await compareAnswers(given, variants, data, {
    criterion,
    confidence,
    resamples,
    seed,
    signal: options.signal,
  });
  const all = [
    ...files.filter(({ sets }) => sets.length === 0).map(({ path }) => `${path} has gold labels only, no predictions`),
    ...warnings,
    ...goldWarnings(data),
    ...constantWarnings(variants, compared.best),
    ...variants.flatMap(answerWarnings),
  ];
  return {
    result: {
      version: 1,
      data: {
        names: files.map(({ path }) => path),
        rows: data.rows.length,
        labels: data.labels,
        label_counts: data.counts,
        left_out: excluded,
      },
      variants,
      ...compared,
      warnings: all.map((warning) => renderRemedy(warning, spell)),
    },
    texts: new Map(data.rows.flatMap(({ index, text }) => (text === null ? [] : [[index, text] as const]))),
  };
}
