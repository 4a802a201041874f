/** Answers at one load that count in full; older ones fade. */
const memory = 20;

/** What is known about one load: how many answers, and the mean logarithm of their latencies. */
interface Load {
  answers: number;
  meanLog: number;
}

/**
 * How the latency of a host grows with the number of questions that it has: t · max(1, n ÷ slots), which is a server that
 * works on `slots` at once and lets the others wait. Both are found by least squares over the logarithms, because
 * latencies scatter by factors; old answers fade, so that it follows a host whose speed changes.
 */
export class LatencyCurve {
  private readonly loads: (Load | undefined)[] = [];
  private fitted = { serviceMs: 0, slots: 0 };

  /** Counts one answer. `load` is the number of questions that the host had, with this one, when it was sent. */
  add(load: number, latencyMs: number): void {
    const log = Math.log(Math.max(latencyMs, 0.001));
    const known = this.loads[load];
    if (known) {
      known.answers += 1;
      known.meanLog += (log - known.meanLog) / Math.min(known.answers, memory);
    } else {
      this.loads[load] = { answers: 1, meanLog: log };
    }
    this.fitted = this.fit();
  }

  /** Time for one question that does not wait, in milliseconds; 0 before the first answer. */
  get serviceMs(): number {
    return this.fitted.serviceMs;
  }

  /** Questions that are worked on at once, as far as is known. */
  get slots(): number {
    return this.fitted.slots;
  }

  /** Whether no answer had to wait so far: there may be more slots. */
  get isOpen(): boolean {
    return this.slots === this.loads.length - 1;
  }

  /** Of all numbers of slots the one with the smallest squared error; the largest of those that are as good. */
  private fit(): { serviceMs: number; slots: number } {
    const most = this.loads.length - 1;
    const totals = sums(this.loads, 1, most, () => 0);
    let best = { error: Number.POSITIVE_INFINITY, slots: most, log: 0 };
    let below = { weight: 0, sum: 0, squares: 0 };
    // Above the slots, log(latency) − log(load) + log(slots) is what log(service time) is below them.
    let above = sums(this.loads, 1, most, Math.log);
    for (let slots = 1; slots <= most; slots += 1) {
      const own = this.loads[slots];
      below = plus(below, own, 0, 1);
      above = plus(above, own, Math.log(slots), -1);
      const shift = Math.log(slots);
      const sum = below.sum + above.sum + above.weight * shift;
      const squares = below.squares + above.squares + 2 * shift * above.sum + above.weight * shift ** 2;
      const error = squares - sum ** 2 / totals.weight;
      if (error <= best.error + 1e-9) best = { error, slots, log: sum / totals.weight };
    }
    return { serviceMs: Math.exp(best.log), slots: best.slots };
  }
}

interface Sums {
  readonly weight: number;
  readonly sum: number;
  readonly squares: number;
}

function sums(loads: readonly (Load | undefined)[], from: number, to: number, offset: (load: number) => number): Sums {
  let all: Sums = { weight: 0, sum: 0, squares: 0 };
  for (let load = from; load <= to; load += 1) all = plus(all, loads[load], offset(load), 1);
  return all;
}

/** Adds a load, or with `sign` −1 takes it away. */
function plus(all: Sums, load: Load | undefined, offset: number, sign: 1 | -1): Sums {
  if (!load) return all;
  const weight = sign * Math.min(load.answers, memory);
  const value = load.meanLog - offset;
  return { weight: all.weight + weight, sum: all.sum + weight * value, squares: all.squares + weight * value ** 2 };
}
