import type { Limiter, LimiterSample } from '../../orchestration/parallel/limiter.js';
import type { HostMetrics } from '../host-figures.js';
import type { Model, ModelAnswer, ModelInfo } from '../model.js';
import { ModelBusyError } from '../model-errors.js';
import { CircuitBreaker } from './breaker.js';
import type { HostLoad } from './choose-host.js';
import { judgeHost, problemOf } from './host-failure.js';
import { HostRecord } from './host-record.js';
import { LatencyCurve } from './latency-curve.js';

/** One of the servers of a pool. */
export interface Upstream {
  /** Its address, without credentials: it stands in events, figures and messages. */
  readonly server: string;
  /** The model there. */
  readonly model: Model;
  /** Says how many questions it may have at once. @default no limit */
  readonly limiter?: Limiter | undefined;
}

/** A question that a host has. */
export interface Sent {
  readonly host: PoolHost;
  /** Number of questions that the host had then, with this one. */
  readonly load: number;
  readonly sentAt: number;
  readonly onTrial: boolean;
}

/** Questions after which a failure counts little. */
const memory = 8;

const leastReliability = 0.05;

/** One host of a pool: whether it may be asked, what it has to do, how quick it is, and what it did. */
export class PoolHost implements HostLoad {
  readonly server: string;
  readonly model: Model;
  readonly limiter: Limiter | undefined;
  readonly breaker: CircuitBreaker;
  readonly record = new HostRecord();
  /** False while it is looked at for the first time. */
  ready = true;
  /** What it told when it came up. */
  info: ModelInfo | undefined;
  /** Why it was down the last time, as it was thrown. */
  failure: unknown;
  /** It will answer no question any more: the key is refused, or it is another server. */
  excluded = false;
  hasFailed = false;
  /** Share of the last questions that it answered. */
  private reliability = 1;
  private readonly curve = new LatencyCurve();
  /** In the order in which they were sent. */
  private readonly open = new Set<Sent>();
  private onTrial = 0;

  /** @param now the clock, in milliseconds */
  constructor(
    member: Upstream,
    threshold: number,
    private readonly now: () => number,
  ) {
    this.server = member.server;
    this.model = member.model;
    this.limiter = member.limiter;
    this.breaker = new CircuitBreaker(threshold);
  }

  get isUp(): boolean {
    return this.ready && this.breaker.state !== 'open';
  }

  /** Whether it may be asked, and is not on trial. */
  get isWell(): boolean {
    return this.ready && this.breaker.state === 'closed';
  }

  /** Questions that it may have at once. */
  get capacity(): number {
    if (!this.isUp) return 0;
    if (this.breaker.state === 'trial') return 1;
    return this.limiter?.limit ?? Number.POSITIVE_INFINITY;
  }

  get hasRoom(): boolean {
    if (!this.isUp) return false;
    if (this.breaker.state === 'trial' && this.onTrial > 0) return false;
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
    for (const { sentAt } of this.open) return this.now() - sentAt;
    return 0;
  }

  /** Counts a question in; the caller has seen that there is room. */
  begin(): Sent {
    const onTrial = this.breaker.state === 'trial';
    const sent: Sent = { host: this, load: this.open.size + 1, sentAt: this.now(), onTrial };
    this.open.add(sent);
    if (onTrial) this.onTrial += 1;
    this.limiter?.start();
    this.record.sent(this.open.size);
    return sent;
  }

  answered(sent: Sent, answer: ModelAnswer): void {
    const latencyMs = this.end(sent, 'ok', answer.durations.queueMs);
    this.record.answer(latencyMs);
    this.curve.add(sent.load, latencyMs);
    this.hasFailed = false;
    this.reliability += (1 - this.reliability) / memory;
    this.breaker.succeed();
  }

  cancelled(sent: Sent): void {
    this.end(sent, 'cancelled', null);
  }

  /** @returns whether the breaker should open now */
  failed(sent: Sent, error: unknown): boolean {
    this.end(sent, error instanceof ModelBusyError ? 'overloaded' : 'failed', null);
    this.record.failed += 1;
    const verdict = judgeHost(error);
    if (verdict !== 'alive' && verdict !== 'unclear') {
      this.hasFailed = true;
      this.reliability -= this.reliability / memory;
    }
    return this.breaker.shouldOpen(verdict);
  }

  /** Takes notice that it is down, or still is. */
  goDown(error: unknown): void {
    this.ready = true;
    this.failure = error;
    this.excluded ||= judgeHost(error) === 'excluded';
    this.breaker.open(this.now());
    this.record.down(this.now(), problemOf(error));
  }

  /** @returns for how long it was down, in milliseconds; undefined where it was not */
  goUp(): number | undefined {
    this.ready = true;
    // It gets its chance; on trial that is one question.
    this.hasFailed = false;
    if (this.breaker.state === 'open') this.breaker.halfOpen();
    return this.record.up(this.now());
  }

  /** @param allAnswered answers of all hosts together */
  figures(allAnswered: number): HostMetrics {
    const { latency_ms, in_flight_max, down_count, down_ms, problem, ...counts } = this.record.figures(
      allAnswered,
      this.now(),
    );
    const limit = this.limiter ? { limit: this.limiter.limit } : {};
    const excluded = this.excluded ? { excluded: true as const } : {};
    const { server, isUp: up } = this;
    return { server, up, ...excluded, ...counts, latency_ms, in_flight_max, ...limit, down_count, down_ms, problem };
  }

  private end(sent: Sent, outcome: LimiterSample['outcome'], queueMs: number | null): number {
    const latencyMs = this.now() - sent.sentAt;
    this.open.delete(sent);
    if (sent.onTrial) this.onTrial -= 1;
    this.limiter?.finish({ latencyMs, queueMs, outcome });
    return latencyMs;
  }
}

/** The digests of the model on all hosts that told theirs, without repetition. */
export function digestOf(hosts: readonly PoolHost[]): string | null {
  const told = new Set(hosts.flatMap(({ info }) => info?.digest ?? []));
  return told.size === 0 ? null : [...told].sort().join(' ');
}
