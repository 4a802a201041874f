import { requireCells } from '../classify/prompt/prompt-input.js';
import { InvalidOptionError } from '../foundation/errors/chorale-error.js';
import { requireKnown } from '../foundation/known-options.js';
import { isBlank } from '../foundation/text/visible-text.js';
import { type GoldFields, goldFieldsReader } from './fields/gold-field.js';
import type { Review } from './review.js';
import type { ReviewResult } from './review-result.js';
import { type StreamReviewsOptions, streamOptions } from './run-plan.js';
import { streamReviews } from './stream-reviews.js';
import type { Summary } from './summary.js';

/** A review, or just its text. */
export type ReviewInput =
  | string
  | (Partial<Pick<Review, 'id' | 'expected' | 'columns'>> & {
      readonly text: string | null;
      /** Gold values of other fields than the label, by name; a text is read as a cell of a table is. */
      readonly expectedFields?: Readonly<Record<string, unknown>>;
    });

/** Options of `analyzeReviews`. */
export type AnalyzeReviewsOptions = Omit<StreamReviewsOptions, 'total'>;

const { total: _, ...analyzeOptions } = streamOptions;

/** The results of all reviews, in input order, and their summary. */
export interface Analysis {
  readonly results: readonly ReviewResult[];
  readonly summary: Summary;
}

/**
 * Analyses a list of reviews and gives all results in input order; failed ones are results too. For a data set that does
 * not fit into memory use `streamReviews`.
 *
 * @throws what stopped the run: the signal's reason, or the first failure under fail-fast; before the first review
 * ModelUnavailableError, ModelMissingError, and ColumnError if a review lacks a column that the prompt shows
 *
 * @example
 * const prompt = await loadPrompt('sentiment');
 * const agent = await createAgent({ model: lexicon(), prompt });
 * const { results } = await analyzeReviews(['I love it.', 'It broke.'], { agent });
 * console.log(results.map((result) => result.sentiment)); // ['positive', 'negative']
 */
export async function analyzeReviews(
  inputs: readonly ReviewInput[],
  options: AnalyzeReviewsOptions,
): Promise<Analysis> {
  requireKnown('analyzeReviews', options, analyzeOptions);
  if (!Array.isArray(inputs)) throw new InvalidOptionError('inputs', 'an array', inputs);
  const { columns } = options.agent;
  const readGold = goldFieldsReader(options.agent.fields);
  const reviews = inputs.map((input, index) => toReview(input, index, columns, readGold));
  for (const review of reviews) if (hasText(review)) requireCells(review, columns, options.agent.promptId);
  const signal = options.signal ?? new AbortController().signal;
  await options.agent.prepare({ signal });
  const labelled = options.labelled ?? reviews.some((review) => review.expected !== undefined);
  const named = new Set(reviews.flatMap(({ expectedFields }) => Object.keys(expectedFields ?? {})));
  const labelledFields = options.labelledFields ?? [...named];
  const stream = streamReviews(reviews, { ...options, labelled, labelledFields });
  const results: ReviewResult[] = [];
  for await (const { result } of stream.outcomes) results.push(result);
  const { caveat } = options.agent.model;
  return { results, summary: stream.summary(caveat === null ? [] : [caveat]) };
}

function toReview(
  input: ReviewInput,
  index: number,
  columns: readonly string[],
  readGold: (given: Readonly<Record<string, unknown>>, index: number) => GoldFields,
): Review {
  if (typeof input === 'string') return { index, id: String(index + 1), text: input };
  const { id = String(index + 1), text, expected, expectedFields: gold } = input;
  return {
    ...{ index, id, text, expected },
    ...(columns.length > 0 && input.columns && { columns: input.columns }),
    ...(gold && { expectedFields: readGold(gold, index) }),
  };
}

function hasText(review: Review): review is Review & { readonly text: string } {
  return review.text !== null && !isBlank(review.text);
}
