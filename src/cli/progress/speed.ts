import type { Progress } from './render-progress.js';

/** How far back the speed is measured, and how often a moment is kept, in milliseconds. */
const windowMs = 60_000;
const keepEveryMs = 1_000;

interface Moment {
  readonly atMs: number;
  readonly asked: number;
}

/** The speed of a run and its remaining time, from its last minute: the speed may have been different before. */
export class Speed {
  private moments: Moment[] = [{ atMs: 0, asked: 0 }];

  /** @param mostPerSecond the rate limit; Infinity where there is none */
  constructor(private readonly mostPerSecond: number) {}

  add({ elapsedMs, done, reused }: Progress): void {
    const asked = done - reused;
    const last = this.moments.at(-1);
    if (last && (asked < last.asked || elapsedMs < last.atMs)) this.moments = [{ atMs: 0, asked: 0 }];
    else if (last && elapsedMs - last.atMs < keepEveryMs) return;
    this.moments.push({ atMs: elapsedMs, asked });
    // One moment before the window stays: the speed is measured from there.
    while ((this.moments[1]?.atMs ?? Number.POSITIVE_INFINITY) <= elapsedMs - windowMs) this.moments.shift();
  }

  /** Asked reviews per second; null if nothing is known. */
  perSecond({ elapsedMs, done, reused }: Progress): number | null {
    while ((this.moments[1]?.atMs ?? Number.POSITIVE_INFINITY) <= elapsedMs - windowMs) this.moments.shift();
    const [first = { atMs: 0, asked: 0 }] = this.moments;
    const tookMs = elapsedMs - first.atMs;
    return tookMs > 0 ? ((done - reused - first.asked) / tookMs) * 1_000 : null;
  }

  /** Null if the remaining time is not known. */
  leftMs(progress: Progress): number | null {
    const { total, done } = progress;
    const perSecond = Math.min(this.perSecond(progress) ?? 0, this.mostPerSecond);
    return total === null || done >= total || perSecond <= 0 ? null : ((total - done) / perSecond) * 1_000;
  }
}
