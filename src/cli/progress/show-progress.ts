import { noopObserver, type Observer } from '../../foundation/events/event.js';
import { combineObservers } from '../../foundation/events/observers.js';
import type { Runtime } from '../../foundation/runtime.js';
import { cutToWidth } from '../../report/terminal-text.js';
import type { Terminal } from '../terminal.js';
import { type Progress, type ProgressView, renderBar, renderProgress } from './render-progress.js';
import { idleClock } from './silence-watch.js';
import { Speed } from './speed.js';
import { tellHosts, type WaitedFor, Waits } from './waits.js';

/** Shows the progress of a run. */
export interface ProgressDisplay {
  /** Something begins that may take long before the first review is done: `loading llama3.2:3b`. */
  begin(step: string): void;
  update(progress: Progress): void;
  /** Shows work that the run waits for and that is not a review: `writing the results`. */
  during<T>(step: string, work: Promise<T>): Promise<T>;
  /** Leaves what was drawn, so that other lines can follow. */
  end(): void;
  /** Observes agents and hosts, to show what a run waits for. */
  readonly observer: Observer;
}

/** Shows nothing. */
const noProgress: ProgressDisplay = {
  begin() {},
  update() {},
  during: (_, work) => work,
  end() {},
  observer: noopObserver,
};

const redrawEveryMs = 100;
const tickMs = 1_000;

/** Pauses between plain lines, in milliseconds: while something is done, and the longest one while nothing is. */
const lineEveryMs = 5_000;
const longestSilenceMs = 60_000;

/** Where progress is shown. */
type Screen = Pick<Terminal, 'liveColumns' | 'drawLine' | 'clearLine' | 'keepLine' | 'log'>;

/** A live bar on a terminal, a plain line every few seconds elsewhere, nothing with `--quiet`. On stderr. */
export function showProgress(terminal: Terminal, waitedFor: WaitedFor): ProgressDisplay {
  return terminal.quiet ? noProgress : new Display(waitedFor, terminal);
}

/** Shows progress on a screen: when it changes, and every second, also where nothing changes. */
export class Display implements ProgressDisplay {
  private readonly waits: Waits;
  private readonly speed: Speed;
  readonly observer: ProgressDisplay['observer'];
  private step: string | null = null;
  /** The work that everything waits for. */
  private held: string | null = null;
  private latest: Progress | undefined;
  private updatedAt = 0;
  private shownAt = Number.NEGATIVE_INFINITY;
  private shownDone = 0;
  private pauseMs = lineEveryMs;
  private stopTimer: (() => void) | undefined;

  constructor(
    { servers, limit, mostPerSecond }: WaitedFor,
    private readonly screen: Screen,
    private readonly clock: Pick<Runtime, 'now' | 'setTimer'> = idleClock,
  ) {
    this.waits = new Waits({ servers, limit, now: () => clock.now() });
    this.speed = new Speed(mostPerSecond);
    this.observer = combineObservers(
      this.waits.observer,
      tellHosts((line) => screen.log(line)),
    );
  }

  begin(step: string): void {
    this.step = step;
    this.waits.move();
    this.start();
  }

  async during<T>(step: string, work: Promise<T>): Promise<T> {
    this.held = step;
    try {
      return await work;
    } finally {
      this.held = null;
      this.waits.move();
    }
  }

  update(progress: Progress): void {
    const now = this.clock.now();
    this.step = null;
    this.latest = progress;
    this.updatedAt = now;
    this.waits.move();
    this.speed.add(progress);
    this.start();
    if (this.screen.liveColumns() !== null && now - this.shownAt >= redrawEveryMs) this.draw();
    else if (now - this.shownAt >= lineEveryMs) this.line();
  }

  end(): void {
    this.stopTimer?.();
    this.stopTimer = undefined;
    const { latest } = this;
    const columns = this.screen.liveColumns();
    if (!latest) this.screen.clearLine();
    if (latest && columns !== null) {
      const perSecond = latest.elapsedMs > 0 ? ((latest.done - latest.reused) / latest.elapsedMs) * 1_000 : null;
      this.screen.drawLine(renderBar({ ...latest, perSecond, leftMs: null, wait: null }, columns));
    }
    this.screen.keepLine();
    this.latest = undefined;
    this.step = null;
  }

  private start(): void {
    if (this.stopTimer) return;
    if (this.shownAt === Number.NEGATIVE_INFINITY && this.screen.liveColumns() === null)
      this.shownAt = this.clock.now();
    const tick = () => {
      this.stopTimer = this.clock.setTimer(tickMs, tick);
      if (this.screen.liveColumns() !== null) this.draw();
      else this.line();
    };
    this.stopTimer = this.clock.setTimer(tickMs, tick);
  }

  private draw(): void {
    const columns = this.screen.liveColumns() ?? 80;
    const view = this.view();
    this.shownAt = this.clock.now();
    if (view) this.screen.drawLine(renderBar(view, columns));
    else if (this.step !== null) {
      this.screen.drawLine(
        cutToWidth(this.waits.describe(this.held ?? this.step) ?? this.step, Math.max(10, columns - 1)),
      );
    }
  }

  /** One more line where there is something new to say. What is waited for is said less and less often. */
  private line(): void {
    const now = this.clock.now();
    const sinceMs = now - this.shownAt;
    const view = this.view();
    const wait = view ? view.wait : this.waits.describe(this.held ?? this.step);
    const moved = (view?.done ?? 0) !== this.shownDone;
    if (moved) this.pauseMs = lineEveryMs;
    const isDue = moved
      ? sinceMs >= lineEveryMs
      : wait !== null && (this.pauseMs === lineEveryMs || sinceMs >= this.pauseMs);
    if (!isDue) return;
    if (!moved) this.pauseMs = Math.min(longestSilenceMs, this.pauseMs * 2);
    this.shownAt = now;
    this.shownDone = view?.done ?? 0;
    this.screen.log(view ? renderProgress(view) : (wait ?? ''));
  }

  private view(): ProgressView | null {
    const { latest, speed } = this;
    const wait = this.waits.describe(this.held ?? this.step);
    const now = this.clock.now();
    if (!latest) return null;
    const current = { ...latest, elapsedMs: latest.elapsedMs + now - this.updatedAt };
    return { ...current, perSecond: speed.perSecond(current), leftMs: speed.leftMs(current), wait };
  }
}
