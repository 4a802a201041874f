import type { Runtime } from '../../foundation/runtime.js';
import { QuantileSketch } from '../../foundation/statistics/quantile-sketch.js';
import type { Limiter, LimiterSample } from '../../orchestration/parallel/limiter.js';
import { SlotEstimate } from '../adaptive/slot-estimate.js';
import type { HostMetrics, Model, ModelAnswer, ModelInfo } from '../model.js';
import { ModelBusyError } from '../model-errors.js';
import { CircuitBreaker, classifyFailure, failureProblem } from './circuit-breaker.js';
import type { UpstreamLoad } from './dispatch.js';
import { type Silence, SilenceDetector } from './silence-detector.js';

/** One of the servers of a pool. */
export interface Upstream {
  /** Its address, without credentials: it stands in events, metrics and messages. */
  readonly server: string;
  /** The model there. */
  readonly model: Model;
  /** Says how many requests it may have at once. @default no limit */
  readonly limiter?: Limiter | undefined;
}

/** A request that a host has. */
export interface DispatchedRequest {
  readonly host: UpstreamState;
  /** Number of requests that the host had then, with this one. */
  readonly load: number;
  readonly sentAt: number;
  readonly isProbe: boolean;
}

/** Requests after which a failure counts little. */
const memory = 8;

/** The largest number of slots that the estimate distinguishes. */
const mostSlots = 128;

const leastReliability = 0.05;

/** One host of a pool: its health, its load, its speed and its metrics. */
export class UpstreamState implements UpstreamLoad {
  readonly server: string;
  readonly model: Model;
  readonly limiter: Limiter | undefined;
  readonly breaker: CircuitBreaker;
  answeredCount = 0;
  /** False during its first health check. */
  ready = true;
  /** What it reported when it came up. */
  info: ModelInfo | undefined;
  /** Why it was down the last time, as it was thrown. */
  failure: unknown;
  /** It gets no more requests: it rejects the key, or redirects to another server. */
  excluded = false;
  hasFailed = false;
  /** Whether its speed is estimated: it matters where another host could be chosen. */
  learnsSpeed = true;
  /** Share of the last requests that it answered. */
  private reliability = 1;
  private readonly estimate = new SlotEstimate(mostSlots);
  private readonly latency = new QuantileSketch();
  private failedCount = 0;
  private inFlightMax = 0;
  private downCount = 0;
  private downMs = 0;
  private downSince: number | undefined;
  private problem: string | null = null;
  /** In the order in which they were sent. */
  private readonly open = new Set<DispatchedRequest>();
  private probes = 0;
  readonly watch: SilenceDetector;

  constructor(
    upstream: Upstream,
    threshold: number,
    private readonly runtime: Runtime,
    onSilence: (silence: Silence) => void,
  ) {
    this.watch = new SilenceDetector(upstream.model, runtime, onSilence);
    this.server = upstream.server;
    this.model = upstream.model;
    this.limiter = upstream.limiter;
    this.breaker = new CircuitBreaker(threshold);
  }

  get isUp(): boolean {
    return this.ready && this.breaker.state !== 'open';
  }

  /** Whether it gets normal requests, not only a half-open probe. */
  get isHealthy(): boolean {
    return this.ready && this.breaker.state === 'closed';
  }

  /** Requests that it may have at once. */
  get capacity(): number {
    if (!this.isUp) return 0;
    if (this.breaker.state === 'half-open') return 1;
    return this.limiter?.limit ?? Number.POSITIVE_INFINITY;
  }

  get hasRoom(): boolean {
    if (!this.isUp) return false;
    if (this.breaker.state === 'half-open' && this.probes > 0) return false;
    return !this.limiter || this.limiter.inFlight < this.limiter.limit;
  }

  get inFlight(): number {
    return this.open.size;
  }

  get serviceMs(): number {
    return this.estimate.serviceMs / Math.max(this.reliability, leastReliability);
  }

  get slots(): number {
    return this.estimate.slots;
  }

  get isOpen(): boolean {
    return this.estimate.isOpen;
  }

  get waitingMs(): number {
    for (const { sentAt } of this.open) return this.runtime.now() - sentAt;
    return 0;
  }

  /** Counts a request in; the caller has seen that there is room. */
  begin(): DispatchedRequest {
    const isProbe = this.breaker.state === 'half-open';
    const sent: DispatchedRequest = { host: this, load: this.open.size + 1, sentAt: this.runtime.now(), isProbe };
    this.open.add(sent);
    if (isProbe) this.probes += 1;
    this.limiter?.start();
    this.inFlightMax = Math.max(this.inFlightMax, this.open.size);
    return sent;
  }

  answered(sent: DispatchedRequest, answer: ModelAnswer): void {
    const latencyMs = this.end(sent, 'ok', answer.durations.queueMs);
    this.answeredCount += 1;
    this.latency.add(latencyMs);
    if (this.learnsSpeed) this.learn(sent.load, latencyMs);
    this.hasFailed = false;
    this.reliability += (1 - this.reliability) / memory;
    this.breaker.succeed();
  }

  cancelled(sent: DispatchedRequest): void {
    this.end(sent, 'cancelled', null);
  }

  /** @returns whether the breaker should open now */
  failed(sent: DispatchedRequest, error: unknown): boolean {
    this.end(sent, error instanceof ModelBusyError ? 'overloaded' : 'failed', null);
    this.failedCount += 1;
    const kind = classifyFailure(error);
    if (kind !== 'alive' && kind !== 'unclear') {
      this.hasFailed = true;
      this.reliability -= this.reliability / memory;
    }
    return this.breaker.shouldOpen(kind);
  }

  /** It is down, or still is. */
  goDown(error: unknown): void {
    this.ready = true;
    this.failure = error;
    this.excluded ||= classifyFailure(error) === 'excluded';
    this.breaker.open(this.runtime.now());
    this.problem = failureProblem(error);
    if (this.downSince === undefined) this.downCount += 1;
    this.downSince ??= this.runtime.now();
  }

  /** @returns for how long it was down, in milliseconds; undefined if it was not */
  goUp(): number | undefined {
    this.ready = true;
    // Half-open it gets one request as a probe.
    this.hasFailed = false;
    if (this.breaker.state === 'open') this.breaker.halfOpen();
    if (this.downSince === undefined) return undefined;
    const lastedMs = this.runtime.now() - this.downSince;
    this.downMs += lastedMs;
    this.downSince = undefined;
    return lastedMs;
  }

  /** @param allAnswered answers of all hosts together */
  metrics(allAnswered: number): HostMetrics {
    const { latency, downSince } = this;
    const downMs = this.downMs + (downSince === undefined ? 0 : this.runtime.now() - downSince);
    return {
      server: this.server,
      up: this.isUp,
      ...(this.excluded ? { excluded: true as const } : {}),
      answered: this.answeredCount,
      failed: this.failedCount,
      share: allAnswered > 0 ? this.answeredCount / allAnswered : 0,
      latency_ms: {
        mean: rounded(latency.mean),
        p50: rounded(latency.quantile(0.5)),
        p95: rounded(latency.quantile(0.95)),
      },
      in_flight_max: this.inFlightMax,
      ...(this.limiter ? { limit: this.limiter.limit } : {}),
      down_count: this.downCount,
      down_ms: rounded(downMs) ?? 0,
      problem: this.problem,
    };
  }

  private learn(load: number, latencyMs: number): void {
    this.estimate.add(load, load, Math.max(0.001, latencyMs));
    this.estimate.fit();
    // Its speed has changed: what was learned before counts little.
    if (this.estimate.changedBy !== undefined) this.estimate.fade(0.1);
  }

  private end(sent: DispatchedRequest, outcome: LimiterSample['outcome'], queueMs: number | null): number {
    const latencyMs = this.runtime.now() - sent.sentAt;
    this.open.delete(sent);
    if (sent.isProbe) this.probes -= 1;
    this.limiter?.finish({ latencyMs, queueMs, outcome });
    return latencyMs;
  }
}

/** The different digests of the model on all hosts that report one. */
export function digestOf(hosts: readonly UpstreamState[]): string | null {
  const told = new Set(hosts.flatMap(({ info }) => info?.digest ?? []));
  return told.size === 0 ? null : [...told].sort().join(' ');
}

/** To microseconds. */
function rounded(value: number | null): number | null {
  return value === null ? null : Math.round(value * 1_000) / 1_000;
}
