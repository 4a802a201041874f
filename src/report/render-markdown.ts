import type { BaselineResult } from '../evaluate/experiment/compare-baseline.js';
import type { Check, ExperimentResult, VariantResult } from '../evaluate/experiment/experiment-result.js';
import { durationOrDash, percent, percentInterval, renderRateInterval, share } from './format-values.js';
import { describeBest, describeCriterion, majorityClassifier, rankVariants } from './render-experiment.js';

export interface MarkdownExtras {
  readonly checks?: readonly Check[] | undefined;
  readonly baseline?: BaselineResult | undefined;
}

/** An experiment as GitHub-flavoured Markdown: the variants, a sentence for each pair, conditions and warnings. */
export function renderExperimentMarkdown(result: ExperimentResult, extras: MarkdownExtras = {}): string {
  const { checks = [], baseline } = extras;
  const { data, variants, repeats, pairs, warnings } = result;
  const counts = data.labels.map((label) => `${label} ${data.label_counts[label] ?? 0}`).join(', ');
  const head = `${variants.length} ${variants.length === 1 ? 'variant' : 'variants'}, ${data.rows} rows (${counts})`;
  const repeated = repeats > 1 ? `, ${repeats} repeats` : '';
  const parts = [
    '### chorale experiment',
    escapeMarkdown(
      `${head}${data.split === null ? '' : `, half ${data.split}`}${repeated}, ${describeCriterion(result)}`,
    ),
    renderVariants(result),
    list(describeBest(result).map(escapeMarkdown)),
    list(pairs.map(({ sentence }) => escapeMarkdown(sentence))),
    list(describeRepeatedSample(variants).map(escapeMarkdown)),
    baseline ? escapeMarkdown(`Baseline, on ${baseline.rows} rows: ${baseline.sentence}`) : '',
    list(checks.map(renderCheck)),
    list(warnings.map((warning) => `⚠️ ${escapeMarkdown(warning)}`)),
  ];
  return `${parts.filter((part) => part !== '').join('\n\n')}\n`;
}

/** Variants whose answers change when the same request is sent again. */
function describeRepeatedSample(variants: readonly VariantResult[]): readonly string[] {
  return variants.flatMap(({ name, repeated_sample: sample }) =>
    sample && sample.changed > 0
      ? [`${name}: ${sample.changed} of ${sample.rows} rows have another answer when they are sent again`]
      : [],
  );
}

function renderVariants(result: ExperimentResult): string {
  const head = ['', 'variant', `accuracy (${percent(result.confidence_level, 0)})`, 'macro-F1', 'κ', 'failed'];
  const all = [...head, 'p50', 'reviews/s', 'tokens'];
  const rows = rankVariants(result).map((variant) => row(cellsOf(variant, result.best)));
  const { name, accuracy, macroF1, kappa } = majorityClassifier(result.data);
  const majority = [
    '',
    escapeMarkdown(name),
    percent(accuracy),
    share(macroF1, 3),
    share(kappa, 3),
    '–',
    '–',
    '–',
    '–',
  ];
  const rule = row(all.map((_, index) => (index < 2 ? '---' : '---:')));
  const ties = result.best.length > 1 ? ', = not significantly different from the best' : '';
  const failures = result.variants.some(({ failed }) => failed > 0) ? '; a failed row counts as wrong' : '';
  const legend = result.best.length > 0 ? ['', `★ best${ties}${failures}`] : [];
  return [row(all), rule, ...rows, row(majority), ...legend].join('\n');
}

function cellsOf(variant: VariantResult, best: readonly string[]): readonly string[] {
  const {
    name,
    problem,
    failures_as_wrong: strict,
    failed,
    rows,
    latency_ms,
    reviews_per_second,
    tokens,
    speed,
  } = variant;
  const isBest = best[0] === name;
  const mark = isBest ? '★' : best.includes(name) ? '=' : '';
  const shown = isBest ? `**${escapeMarkdown(name)}**` : escapeMarkdown(name);
  if (problem) return [mark, shown, escapeMarkdown(`not measured: ${problem.code}`), '–', '–', '–', '–', '–', '–'];
  return [
    mark,
    shown,
    percentInterval(strict.accuracy),
    share(strict.macro_f1, 3),
    share(strict.kappa, 3),
    failed === 0 ? '0' : `${failed} of ${rows}`,
    durationOrDash(latency_ms.p50),
    renderRateInterval(reviews_per_second, speed.reviews_per_second),
    share(tokens.per_review, 0),
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
