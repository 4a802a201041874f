import type { SweepSummary, SweptLevel } from '../measure/sweep/summarize-sweep.js';
import { describeSweep, rateWithInterval, type SweepContext } from './describe-sweep.js';
import { durationOrDash, percent } from './format-values.js';
import { compactTable } from './table.js';
import { paint } from './terminal-text.js';

/** The sentences of a sweep, and the table behind them. */
export function renderSweep(summary: SweepSummary, context: SweepContext): string {
  const sentences = describeSweep(summary, context);
  const head = ['workers', 'answers/s', 'speedup', 'p50', 'p95', 'p99', 'queue p50', 'in flight', 'same labels'];
  const rows = summary.levels.map((level) => rowOf(level, level.workers === summary.recommended));
  const table = compactTable(head, rows, { left: 0 });
  return `${sentences.join('\n')}\n\n${table}\n`;
}

function rowOf({ workers, perSecond, speedup, latency, queue, inFlight, agreement }: SweptLevel, isBest: boolean) {
  const cells = [
    isBest ? paint(`${workers} *`, 'best') : `${workers}  `,
    rateWithInterval(perSecond),
    workers === 1 ? '1' : speedupCell(speedup),
    durationOrDash(latency?.p50 ?? null),
    durationOrDash(latency?.p95 ?? null),
    durationOrDash(latency?.p99 ?? null),
    durationOrDash(queue?.p50 ?? null),
    inFlight === null ? '–' : inFlight.toFixed(1),
    agreement === null || workers === 1 ? '–' : percent(agreement.same / agreement.compared, 0),
  ];
  return cells;
}

function speedupCell(speedup: SweptLevel['speedup']): string {
  if (!speedup) return '–';
  const { value, interval } = speedup;
  return interval
    ? `${value.toFixed(2)} (${interval.lower.toFixed(2)}–${interval.upper.toFixed(2)})`
    : value.toFixed(2);
}
