import type { Runtime } from '../../foundation/runtime.js';
import { QuantileSketch } from '../../foundation/statistics/quantile-sketch.js';
import type { Limiter, LimiterSample } from '../../orchestration/parallel/limiter.js';
import type { HostMetrics, Model, ModelAnswer, ModelInfo } from '../model.js';
import { ModelBusyError } from '../model-errors.js';
import { CircuitBreaker, classifyFailure, failureProblem } from './circuit-breaker.js';
import { LatencyCurve, type UpstreamLoad } from './dispatch.js';
import { type Silence, SilenceWatch } from './silence-watch.js';

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

const leastReliability = 0.05;

/** One host of a pool: its health, its load, its speed and its metrics. */
export class UpstreamState implements UpstreamLoad {
  readonly server: string;
  readonly model: Model;
  readonly limiter: Limiter | undefined;
  readonly breaker: CircuitBreaker;
  readonly record = new MetricsRecorder();
  /** False while it is looked at for the first time. */
  ready = true;
  /** What it told when it came up. */
  info: ModelInfo | undefined;
  /** Why it was down the last time, as it was thrown. */
  failure: unknown;
  /** It will answer no request any more: the key is refused, or it is another server. */
  excluded = false;
  hasFailed = false;
  /** Share of the last requests that it answered. */
  private reliability = 1;
  private readonly curve = new LatencyCurve();
  /** In the order in which they were sent. */
  private readonly open = new Set<DispatchedRequest>();
  private probes = 0;
  readonly watch: SilenceWatch;

  constructor(
    upstream: Upstream,
    threshold: number,
    private readonly runtime: Runtime,
    onSilence: (silence: Silence) => void,
  ) {
    this.watch = new SilenceWatch(upstream.model, runtime, onSilence);
    this.server = upstream.server;
    this.model = upstream.model;
    this.limiter = upstream.limiter;
    this.breaker = new CircuitBreaker(threshold);
  }

  get isUp(): boolean {
    return this.ready && this.breaker.state !== 'open';
  }

  /** Whether it may be asked, and not only by a probe. */
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
    return this.curve.serviceMs / Math.max(this.reliability, leastReliability);
  }

  get slots(): number {
    return this.curve.slots;
  }

  get isOpen(): boolean {
    return this.curve.isOpen;
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
    this.record.sent(this.open.size);
    return sent;
  }

  answered(sent: DispatchedRequest, answer: ModelAnswer): void {
    const latencyMs = this.end(sent, 'ok', answer.durations.queueMs);
    this.record.answer(latencyMs);
    this.curve.add(sent.load, latencyMs);
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
    this.record.failed += 1;
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
    this.record.down(this.runtime.now(), failureProblem(error));
  }

  /** @returns for how long it was down, in milliseconds; undefined where it was not */
  goUp(): number | undefined {
    this.ready = true;
    // Half-open it gets one request as a probe.
    this.hasFailed = false;
    if (this.breaker.state === 'open') this.breaker.halfOpen();
    return this.record.up(this.runtime.now());
  }

  /** @param allAnswered answers of all hosts together */
  metrics(allAnswered: number): HostMetrics {
    const { latency_ms, in_flight_max, down_count, down_ms, problem, ...counts } = this.record.metrics(
      allAnswered,
      this.runtime.now(),
    );
    const limit = this.limiter ? { limit: this.limiter.limit } : {};
    const excluded = this.excluded ? { excluded: true as const } : {};
    const { server, isUp: up } = this;
    return { server, up, ...excluded, ...counts, latency_ms, in_flight_max, ...limit, down_count, down_ms, problem };
  }

  private end(sent: DispatchedRequest, outcome: LimiterSample['outcome'], queueMs: number | null): number {
    const latencyMs = this.runtime.now() - sent.sentAt;
    this.open.delete(sent);
    if (sent.isProbe) this.probes -= 1;
    this.limiter?.finish({ latencyMs, queueMs, outcome });
    return latencyMs;
  }
}

/** The digests of the model on all hosts that told theirs, without repetition. */
export function digestOf(hosts: readonly UpstreamState[]): string | null {
  const told = new Set(hosts.flatMap(({ info }) => info?.digest ?? []));
  return told.size === 0 ? null : [...told].sort().join(' ');
}

/** Counts what one host did, in memory that does not grow. */
class MetricsRecorder {
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
  metrics(allAnswered: number, now: number): Omit<HostMetrics, 'server' | 'up' | 'limit'> {
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
