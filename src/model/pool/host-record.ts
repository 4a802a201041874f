import { QuantileSketch } from '../../foundation/statistics/quantile-sketch.js';
import type { HostMetrics } from '../host-figures.js';

/** Counts what one host did, in memory that does not grow. */
export class HostRecord {
  answered = 0;
  failed = 0;
  problem: string | null = null;
  private readonly latency = new QuantileSketch();
  private inFlightMax = 0;
  private downCount = 0;
  private downMs = 0;
  private downSince: number | undefined;

  sent(inFlight: number): void {
    this.inFlightMax = Math.max(this.inFlightMax, inFlight);
  }

  answer(latencyMs: number): void {
    this.answered += 1;
    this.latency.add(latencyMs);
  }

  down(now: number, problem: string): void {
    this.problem = problem;
    if (this.downSince !== undefined) return;
    this.downCount += 1;
    this.downSince = now;
  }

  /** @returns for how long it was down, in milliseconds; undefined where it was not */
  up(now: number): number | undefined {
    if (this.downSince === undefined) return undefined;
    const lasted = now - this.downSince;
    this.downMs += lasted;
    this.downSince = undefined;
    return lasted;
  }

  /** @param allAnswered answers of all hosts together */
  figures(allAnswered: number, now: number): Omit<HostMetrics, 'server' | 'up' | 'limit'> {
    const { latency } = this;
    return {
      answered: this.answered,
      failed: this.failed,
      share: allAnswered > 0 ? this.answered / allAnswered : 0,
      latency_ms: {
        mean: roundedOrNull(latency.mean),
        p50: roundedOrNull(latency.quantile(0.5)),
        p95: roundedOrNull(latency.quantile(0.95)),
      },
      in_flight_max: this.inFlightMax,
      down_count: this.downCount,
      down_ms: rounded(this.downMs + (this.downSince === undefined ? 0 : now - this.downSince)),
      problem: this.problem,
    };
  }
}

/** To microseconds. */
function rounded(value: number): number {
  return Math.round(value * 1_000) / 1_000;
}

function roundedOrNull(value: number | null): number | null {
  return value === null ? null : rounded(value);
}
