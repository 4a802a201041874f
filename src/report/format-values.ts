import type { ProportionMetric } from '../evaluate/experiment/comparison-result.js';
import type { Interval } from '../foundation/statistics/proportions.js';
import { cutToWidth } from './terminal-text.js';

/** `81.3 %` */
export function percent(value: number, decimals = 1): string {
  return `${(value * 100).toFixed(decimals)} %`;
}

/** A proportion or correlation; a dash for null. */
export function share(value: number | null, decimals = 4): string {
  return value === null ? '–' : value.toFixed(decimals);
}

/** `81.3 % (75.0–86.2 %)`; a dash for null. */
export function percentInterval({ value, ...interval }: Omit<ProportionMetric, 'rows'>): string {
  return value === null ? '–' : `${percent(value)} (${percentRange(interval)})`;
}

/** `75.0–86.2 %` */
export function percentRange({ lower, upper }: Interval): string {
  return `${percent(lower).replace(' %', '')}–${percent(upper)}`;
}

/** `0.750–0.862` */
export function shareRange({ lower, upper }: Interval): string {
  return `${share(lower, 3)}–${share(upper, 3)}`;
}

/** A rate in reviews per second; a dash for null. */
export function renderRate(perSecond: number | null): string {
  return perSecond === null ? '–' : perSecond.toFixed(perSecond < 10 ? 2 : 0);
}

/** A rate with its interval where that is known: `12 (11–13)`; a dash for null. */
export function renderRateInterval(
  perSecond: number | null,
  { lower, upper }: { readonly lower: number | null; readonly upper: number | null },
): string {
  const interval = lower === null || upper === null ? '' : ` (${renderRate(lower)}–${renderRate(upper)})`;
  return `${renderRate(perSecond)}${interval}`;
}

/** Text for one cell: on one line, without control characters, cut with an ellipsis. */
export function cut(text: string, columns: number): string {
  return cutToWidth(
    text
      .slice(0, 100 * columns + 100)
      .replace(/\p{Cc}+/gu, ' ')
      .trim(),
    columns,
  );
}

/** A duration for people: `0.4 ms`, `850 ms`, `12.3 s`, `2 min 5 s`, `1 h 2 min`. */
export function renderDuration(ms: number): string {
  if (ms < 10) return `${ms.toFixed(1)} ms`;
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1_000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1_000);
  if (seconds < 3_600) return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
  return `${Math.floor(seconds / 3_600)} h ${Math.floor((seconds % 3_600) / 60)} min`;
}

/** A duration; a dash for null. */
export function durationOrDash(ms: number | null): string {
  return ms === null ? '–' : renderDuration(ms);
}

const units = ['B', 'kB', 'MB', 'GB', 'TB'];

/** A size for people, in powers of ten and three digits: `512 B`, `2.02 GB`. */
export function renderBytes(bytes: number): string {
  let value = bytes;
  let power = 0;
  // 999.5 is written as 1000, which is 1.00 of the next unit.
  while (value >= 999.5 && power < units.length - 1) {
    value /= 1_000;
    power += 1;
  }
  return `${power === 0 ? value : value.toPrecision(3)} ${units[power]}`;
}
