import type { ReviewResult } from '../../analysis/review.js';
import type { Summary } from '../../analysis/summary.js';
import { renderDuration } from '../../report/format-values.js';
import { renderSpeedup } from '../../report/render-summary.js';

/** The label of a review, or ✗ and why there is none. The label is what the model answered, right or not. */
export function outcomeOf(result: ReviewResult | undefined): string {
  return result?.status === 'ok' ? `→ ${result.sentiment}` : `✗ ${result?.error ?? result?.status ?? 'not started'}`;
}

/** Counts and shares by label. */
export function sharesOf(summary: Summary): readonly string[] {
  return Object.entries(summary.sentiment).map(
    ([label, { count, share }]) => `${label.padEnd(9)} ${String(count).padStart(2)} (${(share * 100).toFixed(1)} %)`,
  );
}

/** The figures of section 10. */
export function metricsOf(summary: Summary, results: readonly ReviewResult[]): readonly string[] {
  const later = results.slice(summary.workers).filter((result) => result.status === 'ok');
  const laterMs = later.reduce((sum, result) => sum + result.duration_ms, 0) / later.length;
  const rows: readonly (readonly [string, string])[] = [
    ['Total duration', renderDuration(summary.duration_ms)],
    ['Reviews processed', `${summary.succeeded} of ${summary.items}`],
    ['Success rate', summary.success_rate === null ? '–' : `${(summary.success_rate * 100).toFixed(1)} %`],
    ['Average per review', ms(summary.latency_ms.mean)],
    ['First wave', `${ms(summary.latency_ms.first)} (the first ${summary.workers} reviews)`],
    ['Later reviews', later.length === 0 ? '–' : ms(laterMs)],
    [
      'Throughput',
      summary.throughput_per_second === null ? '–' : `${summary.throughput_per_second.toFixed(1)} reviews/s`,
    ],
    ['Workers', `${summary.workers} (cap ${summary.worker_cap})`],
    ['In flight (mean)', summary.latency_ms.mean === null ? '–' : summary.in_flight_mean.toFixed(1)],
    ['Estimated speedup', renderSpeedup(summary, 1)],
  ];
  return rows.map(([name, value]) => `${`${name}:`.padEnd(20)} ${value}`);
}

function ms(value: number | null): string {
  return value === null ? '–' : renderDuration(value);
}
