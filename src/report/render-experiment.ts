import type { ExperimentResult } from '../evaluate/experiment/experiment-result.js';
import type { ProportionMetric, VariantResult } from '../evaluate/experiment/variant-result.js';
import { paint } from './colour.js';
import { renderDividingRows } from './render-differences.js';
import { renderDuration } from './render-duration.js';
import {
  renderClasses,
  renderConfidence,
  renderConfusion,
  renderStability,
  renderVariantFailures,
} from './render-variants.js';
import { percent, share } from './show-number.js';
import { Table } from './table.js';
import { compact, plain } from './table-style.js';

/**
 * The tables of an experiment: all variants, the best first; their classes; what can be said of each pair; the rows that
 * divide them. Plain text without colour, ending in a line break.
 * @param texts of the rows, by their index
 */
export function renderExperiment(result: ExperimentResult, texts: ReadonlyMap<number, string>): string {
  const ranked = rankVariants(result);
  const asked = ranked.filter(({ problem }) => problem === null);
  const [best] = asked;
  const parts = [
    renderHead(result),
    renderRanking(ranked, result),
    renderPairs(result),
    renderPareto(result),
    renderClasses(asked),
    best ? renderConfusion(best) : '',
    renderConfidence(asked),
    renderStability(asked),
    renderVariantFailures(asked),
    renderDividingRows(result.dividing_rows.slice(0, 10), texts),
  ];
  return `${parts.filter((part) => part !== '').join('\n\n')}\n`;
}

/** The variants, the one with the most right answers first, those that could not be asked last. */
export function rankVariants({ variants }: ExperimentResult): readonly VariantResult[] {
  const right = ({ problem, failures_as_wrong: { accuracy } }: VariantResult) =>
    problem === null ? (accuracy.value ?? 0) : -1;
  return [...variants].sort((a, b) => right(b) - right(a));
}

function renderHead({ data, repeats, variants }: ExperimentResult): string {
  const labels = data.labels.map((label) => `${label} ${data.label_counts[label] ?? 0}`).join(', ');
  const part = [
    data.split === null ? '' : `, half ${data.split}`,
    data.sample === null ? '' : `, sampled with seed ${data.seed}`,
    repeats > 1 ? `, asked ${repeats} times` : '',
  ].join('');
  return `${variants.length} ${variants.length === 1 ? 'variant' : 'variants'}, ${data.rows} rows (${labels})${part}`;
}

function renderRanking(ranked: readonly VariantResult[], { best, confidence_level }: ExperimentResult): string {
  const someFailed = ranked.some(({ failed }) => failed > 0);
  const someCost = ranked.some(({ cost }) => cost !== null);
  const table = new Table({
    head: [
      '',
      'variant',
      `accuracy (${percent(confidence_level, 0)})`,
      'macro-F1',
      'κ',
      ...(someFailed ? ['failed', 'failed as wrong: accuracy', 'macro-F1'] : []),
      'p50 / p95',
      'reviews/s',
      'tokens',
      ...(someCost ? ['cost of 1,000'] : []),
    ],
    style: plain,
    chars: compact,
    colAligns: ['left', 'left', ...Array.from({ length: 11 }, () => 'right' as const)],
  });
  for (const variant of ranked) table.push(rankingRow(variant, best, someFailed, someCost));
  const legend = best.length > 1 ? '* best   = no test tells it from the best' : '* best';
  return `${table.toString()}\n${best.length > 0 ? legend : ''}`.trimEnd();
}

function rankingRow(variant: VariantResult, best: readonly string[], someFailed: boolean, someCost: boolean): string[] {
  const { name, problem, accuracy, macro_f1, kappa, failed, rows, failures_as_wrong: strict, cost } = variant;
  const mark = best[0] === name ? '*' : best.includes(name) ? '=' : '';
  const width = 6 + (someFailed ? 3 : 0) + (someCost ? 1 : 0);
  if (problem)
    return [mark, name, paint(`not measured [${problem.code}]`, 'bad'), ...Array.from({ length: width }, () => '–')];
  const { p50, p95 } = variant.latency_ms;
  const { reviews_per_second: speed, tokens } = variant;
  return [
    mark,
    mark === '*' ? paint(name, 'best') : name,
    interval(accuracy),
    share(macro_f1, 3),
    share(kappa, 3),
    ...(someFailed ? [`${failed} of ${rows}`, interval(strict.accuracy), share(strict.macro_f1, 3)] : []),
    p50 === null || p95 === null ? '–' : `${renderDuration(p50)} / ${renderDuration(p95)}`,
    speed === null ? '–' : speed.toFixed(speed < 10 ? 2 : 0),
    tokens.per_review === null ? '–' : tokens.per_review.toFixed(0),
    ...(someCost ? [cost === null ? '–' : `${cost.per_1000_reviews.toPrecision(3)} ${cost.currency}`] : []),
  ];
}

function interval({ value, lower, upper }: ProportionMetric): string {
  return value === null ? '–' : `${percent(value)} (${percent(lower).replace(' %', '')}–${percent(upper)})`;
}

function renderPairs({ pairs }: ExperimentResult): string {
  return pairs.map(({ sentence }) => `- ${sentence}`).join('\n');
}

function renderPareto({ pareto, variants }: ExperimentResult): string {
  if (variants.length < 2) return '';
  const line = (what: string, names: readonly string[]) =>
    names.length === 0 ? [] : [`not surpassed in both macro-F1 and ${what}: ${names.join(', ')}`];
  return [...line('speed', pareto.macro_f1_and_speed), ...line('tokens', pareto.macro_f1_and_tokens)].join('\n');
}
