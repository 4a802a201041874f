import type { Runtime } from '../../../src/foundation/runtime.js';
import { seededRandom } from '../../../src/foundation/statistics/random-variates.js';
import type { Limiter, LimiterSample } from '../../../src/orchestration/parallel/limiter.js';

/** How long the work on one request takes, as a multiple of its mean. */
export type Work = (random: () => number) => number;

/** Always the same. */
export const constant: Work = () => 1;
/** The same, give or take a fifth. */
export const noisy: Work = (random) => 0.8 + 0.4 * random();
/** Log-normal with σ = 0.5, as the lengths of answers are. */
export const logNormal: Work = (random) => {
  const normal = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  return Math.exp(0.5 * normal - 0.125);
};

/** A server, and the work that it is given. Times in milliseconds. */
export interface ServerPlan {
  /** Requests that it works on at once, by the number of items that are done; the others wait in a queue. */
  readonly slots: (done: number) => number;
  /** While it works on k at once, each takes 1 + slowdown × (k − 1) times as long. @default 0 */
  readonly slowdown?: number;
  readonly work: Work;
  /** Mean of the work on one request. @default 20 */
  readonly meanMs?: number;
  /** Factor of the work on an item, by its number. */
  readonly scale?: (item: number) => number;
  /** For which a request is on its way, there and back. @default 0.5 */
  readonly journeyMs?: number;
  /** After the first request came, it loads a model for so long before it works on any. @default 0 */
  readonly loadMs?: number;
  /** It refuses a request when so many are there already. */
  readonly mostAccepted?: (done: number) => number;
  /** Whether it tells how long a request waited. @default false */
  readonly tellsQueue?: boolean;
  /** Items whose request hangs, for ten minutes, in a slot; then it fails. */
  readonly hangs?: readonly number[];
}

/** What was so when an item was done. */
export interface Done {
  readonly at: number;
  /** What was in flight, that item included. */
  readonly inFlight: number;
  readonly limit: number;
}

export interface Simulation {
  readonly done: readonly Done[];
  readonly refused: number;
  /** Timers that were left. */
  readonly timersLeft: number;
}

interface Job {
  readonly item: number;
  readonly sentAt: number;
  readonly hangs: boolean;
  left: number;
  begunAt: number;
}

interface Timer {
  readonly due: number;
  readonly callback: () => void;
}

const hangMs = 600_000;

/** Lets a limiter work through items as fast as it allows, in simulated time: what happens next happens at once. */
export function simulate(
  createLimiter: (runtime: Runtime) => Limiter,
  plan: ServerPlan,
  options: { readonly items?: number; readonly seed: number },
): Simulation {
  return new ServerSimulation(createLimiter, plan, options.items ?? 2_000, options.seed).run();
}

class ServerSimulation {
  private now = 0;
  private next = 0;
  private refused = 0;
  private loaded = false;
  private readonly done: Done[] = [];
  private readonly again: number[] = [];
  private readonly works: number[];
  private readonly timers = new Set<Timer>();
  private readonly travelling: Job[] = [];
  private readonly queue: Job[] = [];
  private readonly active = new Set<Job>();
  private readonly limiter: Limiter;

  constructor(
    createLimiter: (runtime: Runtime) => Limiter,
    private readonly plan: ServerPlan,
    private readonly items: number,
    seed: number,
  ) {
    const random = seededRandom(seed);
    const { work, meanMs = 20, scale = () => 1 } = plan;
    // All are drawn beforehand, so that every limiter gets the same work.
    this.works = Array.from({ length: items }, (_, item) => meanMs * work(random) * scale(item));
    this.limiter = createLimiter(this.createHost(random));
  }

  run(): Simulation {
    this.send();
    while (this.done.length < this.items) {
      this.step();
      this.send();
    }
    return { done: this.done, refused: this.refused, timersLeft: this.timers.size };
  }

  private createHost(random: () => number): Runtime {
    return {
      cpuCount: () => 4,
      now: () => this.now,
      wallTime: () => this.now,
      setTimer: (delayMs, callback) => {
        const timer = { due: this.now + Math.max(0, delayMs), callback };
        this.timers.add(timer);
        return () => void this.timers.delete(timer);
      },
      random,
      nextTurn: () => {
        throw new Error('a limiter waits for nothing');
      },
      onSignal: () => () => {},
    };
  }

  private send(): void {
    const { limiter, plan } = this;
    while (limiter.inFlight < limiter.limit && (this.again.length > 0 || this.next < this.items)) {
      const item = this.again.shift() ?? this.next++;
      limiter.start();
      const hangs = plan.hangs?.includes(item) ?? false;
      const left = hangs ? Number.POSITIVE_INFINITY : (this.works[item] ?? 0);
      this.travelling.push({ item, sentAt: this.now, hangs, left, begunAt: 0 });
    }
  }

  /** Lets the first thing happen that is going to happen. */
  private step(): void {
    const rate = 1 / (1 + (this.plan.slowdown ?? 0) * (Math.max(1, this.active.size) - 1));
    const journeyMs = this.plan.journeyMs ?? 0.5;
    const arrival = this.travelling[0];
    const finished = least(this.active, endOf);
    const timer = least(this.timers, ({ due }) => due);
    const times = [
      arrival ? arrival.sentAt + journeyMs : Number.POSITIVE_INFINITY,
      finished ? Math.max(this.now, this.now + endOf(finished)) : Number.POSITIVE_INFINITY,
      timer ? timer.due : Number.POSITIVE_INFINITY,
    ];
    const time = Math.min(...times);
    if (time === Number.POSITIVE_INFINITY) throw new Error('nothing is going to happen any more');
    for (const job of this.active) if (!job.hangs) job.left -= (time - this.now) * rate;
    this.now = time;
    if (arrival && time === times[0]) this.arrive(arrival);
    else if (finished && time === times[1]) this.finish(finished);
    else if (timer) this.fire(timer);

    function endOf(job: Job): number {
      return job.hangs ? Number.POSITIVE_INFINITY : Math.max(0, job.left) / rate;
    }
  }

  private arrive(job: Job): void {
    this.travelling.shift();
    const { mostAccepted } = this.plan;
    if (mostAccepted && this.active.size + this.queue.length >= mostAccepted(this.done.length)) {
      this.refused += 1;
      this.again.push(job.item);
      this.tell(job, 'overloaded');
      return;
    }
    this.queue.push(job);
    if (this.loaded) {
      this.admit();
      return;
    }
    const loaded = () => {
      this.loaded = true;
      this.admit();
    };
    if (this.queue.length === 1) this.timers.add({ due: this.now + (this.plan.loadMs ?? 0), callback: loaded });
  }

  private admit(): void {
    while (this.active.size < this.plan.slots(this.done.length)) {
      const job = this.queue.shift();
      if (!job) return;
      job.begunAt = this.now;
      this.active.add(job);
      if (job.hangs) this.timers.add({ due: this.now + hangMs, callback: () => this.finish(job) });
    }
  }

  private finish(job: Job): void {
    this.active.delete(job);
    const { inFlight } = this.limiter;
    this.tell(job, job.hangs ? 'failed' : 'ok');
    this.done.push({ at: this.now, inFlight, limit: this.limiter.limit });
    this.admit();
  }

  private tell(job: Job, outcome: LimiterSample['outcome']): void {
    const queueMs = this.plan.tellsQueue ? job.begunAt - job.sentAt : null;
    this.limiter.finish({ latencyMs: this.now - job.sentAt, queueMs, outcome });
  }

  private fire(timer: Timer): void {
    this.timers.delete(timer);
    timer.callback();
  }
}

function least<T>(things: Iterable<T>, measure: (thing: T) => number): T | undefined {
  let first: T | undefined;
  let smallest = Number.POSITIVE_INFINITY;
  for (const thing of things) {
    const size = measure(thing);
    if (first === undefined || size < smallest) {
      first = thing;
      smallest = size;
    }
  }
  return first;
}

/** Items done per millisecond, from one item (inclusive) to another. */
export function throughput({ done }: Simulation, from: number, to: number): number {
  return (to - from) / ((done[to]?.at ?? 0) - (done[from]?.at ?? 0));
}

/** The mean over time of what was in flight, from one item to another. */
export function meanInFlight({ done }: Simulation, from: number, to: number): number {
  let area = 0;
  for (let item = from + 1; item <= to; item += 1) {
    area += (done[item]?.inFlight ?? 0) * ((done[item]?.at ?? 0) - (done[item - 1]?.at ?? 0));
  }
  return area / ((done[to]?.at ?? 0) - (done[from]?.at ?? 0));
}

/** A limiter that learns nothing. */
export function fixedLimit(limit: number): Limiter {
  let inFlight = 0;
  return {
    limit,
    get inFlight() {
      return inFlight;
    },
    start() {
      inFlight += 1;
    },
    finish() {
      inFlight -= 1;
    },
    onChange: () => () => {},
  };
}
