import type { ExperimentResult, VariantResult } from '../evaluate/experiment/experiment-result.js';
import type { AnswerPair } from '../evaluate/experiment/variant-answers.js';
import { cut, percent, percentInterval, renderDuration, renderRateInterval, share } from './format-values.js';
import {
  describeCriterion,
  type FurtherColumns,
  rankVariants,
  renderClasses,
  renderConfidence,
  renderConfusion,
  renderDisagreements,
  renderPairs,
  renderRanking,
  textWidth,
} from './render-classifiers.js';
import { compactTable } from './table.js';
import { paint } from './terminal-text.js';

/**
 * The tables of an experiment: variants, pairs, classes, confidence, stability, failures and disagreements. Ends in a line
 * break.
 * @param texts of the rows, by index
 */
export function renderExperiment(result: ExperimentResult, texts: ReadonlyMap<number, string>): string {
  const measured = rankVariants(result).filter(({ problem }) => problem === null);
  const [best] = measured;
  const parts = [
    renderHead(result),
    renderRanking(result, speedColumns(result)),
    renderPairs(result),
    renderPareto(result),
    renderClasses(measured),
    best ? renderConfusion(best) : '',
    renderConfidence(measured),
    renderStability(measured),
    renderRepeatedSample(measured),
    renderVariantFailures(measured),
    renderDisagreements(result.dividing_rows.slice(0, 10), texts),
  ];
  return `${parts.filter((part) => part !== '').join('\n\n')}\n`;
}

/** `field refund: `, where it is not the label that is compared. */
export function describeField({ field }: ExperimentResult['data']): string {
  return field === undefined ? '' : `field ${field}: `;
}

function renderHead(result: ExperimentResult): string {
  const { data, repeats, variants } = result;
  const labels = data.labels.map((label) => `${label} ${data.label_counts[label] ?? 0}`).join(', ');
  const part = [
    data.split === null ? '' : `, half ${data.split}`,
    data.sample === null ? '' : `, sampled with seed ${data.seed}`,
    repeats > 1 ? `, ${repeats} repeats` : '',
  ].join('');
  return `${variants.length} ${variants.length === 1 ? 'variant' : 'variants'}, ${data.rows} rows (${describeField(data)}${labels})${part}, ${describeCriterion(result)}`;
}

/** Speed, tokens and cost, beside the quality. */
function speedColumns({ variants }: ExperimentResult): FurtherColumns<VariantResult> {
  const someCost = variants.some(({ cost }) => cost !== null);
  return {
    head: ['p50 / p95', 'reviews/s', 'tokens', ...(someCost ? ['cost of 1,000'] : [])],
    cellsOf: ({ latency_ms: { p50, p95 }, reviews_per_second, speed, tokens, cost }) => [
      p50 === null || p95 === null ? '–' : `${renderDuration(p50)} / ${renderDuration(p95)}`,
      renderRateInterval(reviews_per_second, speed.reviews_per_second),
      share(tokens.per_review, 0),
      ...(someCost ? [cost === null ? '–' : `${cost.per_1000_reviews.toPrecision(3)} ${cost.currency}`] : []),
    ],
  };
}

function renderPareto({ pareto, variants, criterion }: ExperimentResult): string {
  if (variants.length < 2) return '';
  const metric = criterion === 'accuracy' ? 'accuracy' : 'macro-F1';
  const line = (what: string, names: readonly string[]) =>
    names.length === 0 ? [] : [`not surpassed in both ${metric} and ${what}: ${names.join(', ')}`];
  return [...line('speed', pareto.criterion_and_speed), ...line('tokens', pareto.criterion_and_tokens)].join('\n');
}

/** How answers vary between repeats; empty without repeats. */
function renderStability(variants: readonly VariantResult[]): string {
  const rows = variants.flatMap(({ name, stability }) => {
    if (!stability) return [];
    const { repeats, changed, changed_share, mean_accuracy, all_right_share, variance } = stability;
    const orDash = (value: number | null) => (value === null ? '–' : percent(value));
    const error = (value: number | null) => (value === null ? '–' : `± ${percent(Math.sqrt(value), 2)}`);
    const changes = `${changed} (${orDash(changed_share)})`;
    const errors = [error(variance.sampling), error(variance.model)];
    return [[name, repeats, changes, orDash(mean_accuracy), orDash(all_right_share), ...errors]];
  });
  const head = [
    'variant',
    'repeats',
    'rows that change',
    'accuracy, mean',
    'always right',
    'error of rows',
    'of the model',
  ];
  return rows.length === 0 ? '' : compactTable(head, rows, { left: 1 });
}

/** How many answers change when the same request is sent again; empty without a repeated sample. */
function renderRepeatedSample(variants: readonly VariantResult[]): string {
  const rows = variants.flatMap(({ name, repeated_sample: sample }) =>
    sample ? [[name, sample.rows, sample.changed, percentInterval({ ...sample, value: sample.changed_share })]] : [],
  );
  const head = ['variant', 'rows sent again', 'other answers', 'share'];
  return rows.length === 0 ? '' : compactTable(head, rows, { left: 1 });
}

/** The most frequent failures of each variant; empty without failures. */
function renderVariantFailures(variants: readonly VariantResult[]): string {
  const rows = variants.flatMap(({ name, errors }) =>
    errors
      .slice(0, 3)
      .map(({ count, code, message }, index) => [
        index === 0 ? name : '',
        { content: String(count), hAlign: 'right' as const },
        paint(code, 'bad'),
        cut(message, 80),
      ]),
  );
  return rows.length === 0 ? '' : compactTable(['variant', 'failures', 'code', 'message'], rows);
}

/** Most rows in the table; the JSON output has all rows. */
const mostShown = 200;

/** The rows that two variants answer differently, side by side. */
export function renderDifferences(a: string, b: string, differences: readonly AnswerPair[]): string {
  if (differences.length === 0) return `${a} and ${b} answer every row the same\n`;
  const rows = differences.slice(0, mostShown).map(({ row, ...answers }) => {
    const mark = (answer: string | null) => `${answer ?? 'none'}${answer === row.expected ? ' ✓' : ''}`;
    return [cut(row.id, 20), row.expected, mark(answers.a), mark(answers.b), cut(row.text, textWidth)];
  });
  const table = compactTable(['row', 'label', a, b, 'text'], rows, {
    colWidths: [null, null, null, null, textWidth + 2],
  });
  const more = differences.length > mostShown ? `the first ${mostShown} of them; --json has all\n` : '';
  const count = differences.length === 1 ? '1 row' : `${differences.length} rows`;
  return `${count} that ${a} and ${b} answer differently\n${table}\n${more}`;
}
