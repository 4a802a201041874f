import { renderDuration } from '../../report/index.js';
import type { ReviewResult, Summary } from '../../sentiment/index.js';
import type { DemoReview } from './demo-run.js';

/** `[1] Product`, the review, and ✓ or ✗ with what came of it. */
export function renderResult(number: number, review: DemoReview, result: ReviewResult | undefined): string {
  const verdict =
    result?.status === 'ok' ? `✓ ${result.sentiment}` : `✗ ${result?.error ?? result?.status ?? 'not started'}`;
  return `  [${number}] ${review.product}\n      "${review.text}"\n      ${verdict}\n`;
}

/** Counts and shares by label. */
export function renderShares(summary: Summary): string {
  return Object.entries(summary.sentiment)
    .map(
      ([label, { count, share }]) =>
        `  ${label.padEnd(9)} ${String(count).padStart(2)} (${(share * 100).toFixed(1)} %)\n`,
    )
    .join('');
}

/** The figures of section 10. */
export function renderMetrics(summary: Summary, results: readonly ReviewResult[]): string {
  const later = results.slice(summary.workers).filter((result) => result.status === 'ok');
  const laterMs = later.reduce((sum, result) => sum + result.duration_ms, 0) / later.length;
  const rows: readonly (readonly [string, string])[] = [
    ['Total duration', renderDuration(summary.duration_ms)],
    ['Reviews processed', `${summary.succeeded} of ${summary.items}`],
    ['Success rate', summary.success_rate === null ? '–' : `${(summary.success_rate * 100).toFixed(1)} %`],
    ['Average per review', ms(summary.latency_ms.mean)],
    ['First wave', `${ms(summary.latency_ms.first)} (the first ${summary.workers} reviews)`],
    ['Later reviews', later.length === 0 ? '–' : ms(laterMs)],
    ['Throughput', `${summary.throughput_per_second.toFixed(1)} reviews/s`],
    ['Workers', `${summary.workers} (cap ${summary.worker_cap})`],
    ['Estimated speed-up', `${summary.estimated_speedup.toFixed(1)} ×`],
  ];
  return rows.map(([name, value]) => `  ${`${name}:`.padEnd(20)} ${value}\n`).join('');
}

function ms(value: number | null): string {
  return value === null ? '–' : renderDuration(value);
}
