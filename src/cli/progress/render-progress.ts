import { renderDuration } from '../../report/format-values.js';
import { clipped, cutToWidth, displayWidth } from '../../report/terminal-text.js';

/** What a run has done so far. */
export interface Progress {
  readonly done: number;
  /** Null if the input was not counted. */
  readonly total: number | null;
  readonly failed: number;
  /** Number of completed reviews that caused no request. */
  readonly reused: number;
  readonly byLabel: ReadonlyMap<string, number>;
  readonly elapsedMs: number;
  /** The item in progress, if it changes. */
  readonly note?: string;
}

const barWidth = 24;

/** Progress with what is measured of it. */
export interface ProgressView extends Progress {
  /** Null if nothing is known. */
  readonly perSecond: number | null;
  readonly leftMs: number | null;
  /** What is waited for, in words. */
  readonly wait: string | null;
}

/** One part of a line. If there is no room for all, those with the highest rank are dropped first. */
interface Part {
  readonly text: string;
  readonly rank: number;
}

/** `120/500 (24%) · 40 reused · 2 failed · 8.1/s · 47 s left · positive 70, neutral 20, negative 28` */
export function renderProgress(view: ProgressView): string {
  return join(partsOf(view));
}

/** The same behind a bar, with as many of its parts as fit into the columns of a terminal. */
export function renderBar(view: ProgressView, columns: number): string {
  const { done, total } = view;
  // The last column stays free: some terminals go to the next line behind it.
  const room = Math.max(10, columns - 1);
  const filled = total === null || total === 0 ? 0 : Math.round(Math.min(1, done / total) * barWidth);
  const bar = total === null ? '' : `${'█'.repeat(filled)}${'░'.repeat(barWidth - filled)} `;
  const kept: Part[] = partsOf(view);
  while (kept.length > 1 && displayWidth(bar) + displayWidth(join(kept)) > room) {
    const leastImportant = kept.reduce((worst, part) => (part.rank > worst.rank ? part : worst));
    if (leastImportant.rank <= barRank) break;
    kept.splice(kept.indexOf(leastImportant), 1);
  }
  const line = join(kept);
  if (displayWidth(bar) + displayWidth(line) <= room) return `${bar}${line}`;
  while (kept.length > 1 && displayWidth(join(kept)) > room) {
    kept.splice(kept.indexOf(kept.reduce((worst, part) => (part.rank > worst.rank ? part : worst))), 1);
  }
  return cutToWidth(join(kept), room);
}

/** The bar itself goes before the parts below this rank. */
const barRank = 4;

function partsOf(view: ProgressView): Part[] {
  const { done, total, failed, reused, byLabel, perSecond, leftMs, wait, note = '' } = view;
  const labels = [...byLabel].map(([label, count]) => `${clipped(label, 40)} ${count}`).join(', ');
  const parts: Part[] = [
    { text: total === null ? `${done} reviews` : `${done}/${total} (${percent(done, total)}%)`, rank: 0 },
    { text: wait === null ? '' : clipped(wait, 200), rank: 1 },
    { text: reused > 0 ? `${reused} reused` : '', rank: 6 },
    { text: failed > 0 ? `${failed} failed` : '', rank: 2 },
    { text: done === reused || perSecond === null ? '' : `${renderRate(perSecond)}/s`, rank: 5 },
    { text: leftMs === null ? '' : `${renderDuration(leftMs)} left`, rank: 3 },
    { text: labels, rank: 8 },
    { text: clipped(note, 80), rank: 7 },
  ];
  return parts.filter(({ text }) => text !== '');
}

function join(parts: readonly Part[]): string {
  return parts.map(({ text }) => text).join(' · ');
}

function renderRate(perSecond: number): string {
  return perSecond < 10 ? perSecond.toFixed(1) : String(Math.round(perSecond));
}

function percent(done: number, total: number): number {
  return total === 0 ? 100 : Math.floor((done / total) * 100);
}
