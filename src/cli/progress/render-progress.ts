import { renderDuration } from '../../report/index.js';
import type { Progress } from './progress.js';

const barWidth = 24;

/** `120/500 (24%) · 40 reused · 2 failed · 8.1/s · 47 s left · positive 70, neutral 20, negative 28` */
export function renderProgress(progress: Progress): string {
  const { done, total, failed, reused, byLabel, elapsedMs } = progress;
  const rate = elapsedMs > 0 ? ((done - reused) / elapsedMs) * 1_000 : 0;
  const parts = [total === null ? `${done} reviews` : `${done}/${total} (${percent(done, total)}%)`];
  if (reused > 0) parts.push(`${reused} reused`);
  if (failed > 0) parts.push(`${failed} failed`);
  parts.push(`${rate < 10 ? rate.toFixed(1) : Math.round(rate)}/s`);
  if (total !== null && rate > 0 && done < total) parts.push(`${renderDuration(((total - done) / rate) * 1_000)} left`);
  const labels = [...byLabel].map(([label, count]) => `${label} ${count}`).join(', ');
  return [...parts, labels, progress.note ?? ''].filter((part) => part !== '').join(' · ');
}

/** The same behind a bar, cut to the width of the terminal. */
export function renderBar(progress: Progress, columns: number): string {
  const { done, total } = progress;
  const filled = total === null || total === 0 ? 0 : Math.round((done / total) * barWidth);
  const bar = total === null ? '' : `${'█'.repeat(filled)}${'░'.repeat(barWidth - filled)} `;
  return `${bar}${renderProgress(progress)}`.slice(0, Math.max(10, columns - 1));
}

function percent(done: number, total: number): number {
  return total === 0 ? 100 : Math.floor((done / total) * 100);
}
