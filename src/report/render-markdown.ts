import type { BaselineResult } from '../evaluate/experiment/compare-baseline.js';
import type { Check, ExperimentResult, VariantResult } from '../evaluate/experiment/experiment-result.js';
import { durationOrDash, percent, percentInterval, renderRateInterval, share } from './format-values.js';
import {
  type Compared,
  describeBest,
  describeCriterion,
  type FurtherColumns,
  majorityClassifier,
  type Ranked,
  rankVariants,
} from './render-classifiers.js';
import { describeField } from './render-experiment.js';

export interface MarkdownExtras {
  readonly checks?: readonly Check[] | undefined;
  readonly baseline?: BaselineResult | undefined;
}

/** An experiment as GitHub-flavoured Markdown: the variants, a sentence for each pair, conditions and warnings. */
export function renderExperimentMarkdown(result: ExperimentResult, extras: MarkdownExtras = {}): string {
  const { checks = [], baseline } = extras;
  const { data, variants, repeats } = result;
  const counts = data.labels.map((label) => `${label} ${data.label_counts[label] ?? 0}`).join(', ');
  const head = `${variants.length} ${variants.length === 1 ? 'variant' : 'variants'}, ${data.rows} rows (${describeField(data)}${counts})`;
  const repeated = repeats > 1 ? `, ${repeats} repeats` : '';
  return renderMarkdown(result, {
    title: 'chorale experiment',
    head: `${head}${data.split === null ? '' : `, half ${data.split}`}${repeated}, ${describeCriterion(result)}`,
    further: speedColumns,
    notes: [
      list(describeRepeatedSample(variants).map(escapeMarkdown)),
      baseline ? escapeMarkdown(`Baseline, on ${baseline.rows} rows: ${baseline.sentence}`) : '',
    ],
    checks,
  });
}

/** What the Markdown of a comparison has beside its variants and pairs. */
interface MarkdownParts<V extends Ranked> {
  readonly title: string;
  readonly head: string;
  readonly further: FurtherColumns<V>;
  /** Markdown between the pairs and the conditions. */
  readonly notes?: readonly string[];
  readonly checks?: readonly Check[];
}

/** Variants, a sentence for each pair, conditions and warnings as GitHub-flavoured Markdown. */
export function renderMarkdown<V extends Ranked>(
  result: Compared<V> & { readonly warnings: readonly string[] },
  { title, head, further, notes = [], checks = [] }: MarkdownParts<V>,
): string {
  const parts = [
    `### ${title}`,
    escapeMarkdown(head),
    renderVariants(result, further),
    list(describeBest(result).map(escapeMarkdown)),
    list(result.pairs.map(({ sentence }) => escapeMarkdown(sentence))),
    ...notes,
    list(checks.map(renderCheck)),
    list(result.warnings.map((warning) => `⚠️ ${escapeMarkdown(warning)}`)),
  ];
  return `${parts.filter((part) => part !== '').join('\n\n')}\n`;
}

const speedColumns: FurtherColumns<VariantResult> = {
  head: ['p50', 'reviews/s', 'tokens'],
  cellsOf: ({ latency_ms, reviews_per_second, speed, tokens }) => [
    durationOrDash(latency_ms.p50),
    renderRateInterval(reviews_per_second, speed.reviews_per_second),
    share(tokens.per_review, 0),
  ],
};

/** Variants whose answers change when the same request is sent again. */
function describeRepeatedSample(variants: readonly VariantResult[]): readonly string[] {
  return variants.flatMap(({ name, repeated_sample: sample }) =>
    sample && sample.changed > 0
      ? [`${name}: ${sample.changed} of ${sample.rows} rows have another answer when they are sent again`]
      : [],
  );
}

function renderVariants<V extends Ranked>(result: Compared<V>, further: FurtherColumns<V>): string {
  const head = ['', 'variant', `accuracy (${percent(result.confidence_level, 0)})`, 'macro-F1', 'κ', 'failed'];
  const all = [...head, ...further.head];
  const rows = rankVariants(result).map((variant) => row(cellsOf(variant, result.best, further)));
  const { name, accuracy, macroF1, kappa } = majorityClassifier(result.data);
  const metrics = ['', escapeMarkdown(name), percent(accuracy), share(macroF1, 3), share(kappa, 3)];
  const majority = [...metrics, ...Array.from({ length: all.length - metrics.length }, () => '–')];
  const rule = row(all.map((_, index) => (index < 2 ? '---' : '---:')));
  const ties = result.best.length > 1 ? ', = not significantly different from the best' : '';
  const failures = result.variants.some(({ failed }) => failed > 0) ? '; a failed row counts as wrong' : '';
  const legend = result.best.length > 0 ? ['', `★ best${ties}${failures}`] : [];
  return [row(all), rule, ...rows, row(majority), ...legend].join('\n');
}

function cellsOf<V extends Ranked>(variant: V, best: readonly string[], further: FurtherColumns<V>): readonly string[] {
  const { name, problem, failures_as_wrong: strict, failed, rows } = variant;
  const isBest = best[0] === name;
  const mark = isBest ? '★' : best.includes(name) ? '=' : '';
  const shown = isBest ? `**${escapeMarkdown(name)}**` : escapeMarkdown(name);
  if (problem) {
    const none = Array.from({ length: 3 + further.head.length }, () => '–');
    return [mark, shown, escapeMarkdown(`not measured: ${problem.code}`), ...none];
  }
  return [
    mark,
    shown,
    percentInterval(strict.accuracy),
    share(strict.macro_f1, 3),
    share(strict.kappa, 3),
    failed === 0 ? '0' : `${failed} of ${rows}`,
    ...further.cellsOf(variant),
  ];
}

function renderCheck({ variant, name, missed }: Check): string {
  return missed === null
    ? `✅ ${escapeMarkdown(`${variant}: ${name}`)}`
    : `❌ ${escapeMarkdown(`${variant}: missed: ${missed}`)}`;
}

function row(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`;
}

function list(lines: readonly string[]): string {
  return lines.map((line) => `- ${line}`).join('\n');
}

/**
 * Text on one line that GitHub shows unchanged: no markup, no HTML, no end of a cell, no automatic link (`@name`, `#1`,
 * `www.`).
 */
export function escapeMarkdown(text: string): string {
  return text
    .replace(/[\s\p{Cc}\u2028\u2029]+/gu, ' ')
    .replace(/\p{Surrogate}/gu, '\uFFFD')
    .trim()
    .replace(/&/g, '&amp;')
    .replace(/</g, '&lt;')
    .replace(/>/g, '&gt;')
    .replace(/[\\`*_{}[\]|~$!]/g, '\\$&')
    .replace(/^([#+-])|^(\d+)([.)])/, (_, sign, digits, dot) => (sign ? `\\${sign}` : `${digits}\\${dot}`))
    .replace(/([@#])(?=[\p{L}\d])/gu, '$1\u2060')
    .replace(/:\/\//g, ':\u2060//')
    .replace(/\bwww\./gi, (www) => `${www.slice(0, 3)}\u2060.`);
}
