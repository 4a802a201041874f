import { createAbortController, linkAbort, onAbort } from '../../foundation/abort.js';
import { codeOf, isRetryable } from '../../foundation/errors/chorale-error.js';
import { createEmit, type Emit } from '../../foundation/events/observers.js';
import { nodeRuntime, type Runtime } from '../../foundation/runtime.js';
import { runBounded } from '../../orchestration/parallel/process-parallel.js';
import type { HostMetrics, Model, ModelAnswer, ModelCall, ModelInfo, ModelRequest } from '../model.js';
import { ModelUnavailableError } from '../model-errors.js';
import { classifyFailure, failureProblem, mayFailOver } from './circuit-breaker.js';
import { chooseUpstream } from './dispatch.js';
import { completePoolOptions, type PoolOptions } from './pool-options.js';
import { WaitQueue } from './queue.js';
import { nobodyUp, Recovery } from './recovery.js';
import { type DispatchedRequest, digestOf, type Upstream, UpstreamState } from './upstream.js';

/**
 * Once one host is up, `prepare` waits this long for the checks of the others, in milliseconds. Without the wait, all first
 * requests would go to the host that answered a moment earlier.
 */
const graceMs = 2_000;

/** A request waits for this many outages of a single host. The bound covers a request that crashes the host itself. */
const mostOutages = 8;

/** Several servers as one model. */
export interface Pool extends Model {
  /** Runs `work` as soon as the limiter of a host that is up has room; at once if no host has a limiter. */
  admit<R>(signal: AbortSignal, work: () => Promise<R>): Promise<R>;
  /** What each host did since the pool was made, in the order of the upstreams. */
  metrics(): readonly HostMetrics[];
}

/**
 * Makes one model of several servers. A request goes to the server that will probably start it first. If that server fails,
 * the request goes to another one at once, to each at most once. A circuit breaker keeps requests away from a failing
 * server; health checks with exponential backoff close it again. While no server is up, requests wait up to `upTimeoutMs`.
 *
 * `prepare` checks all hosts concurrently. It resolves two seconds after one is up, or as soon as all are checked; late hosts
 * join when they are up. It does not wait for a single host. `close` stops all checks and rejects waiting requests.
 *
 * @throws InvalidOptionError, UnknownObserverError
 *
 * @example
 * const servers = ['http://desktop:11434', 'http://gpu-box:11434'];
 * const upstreams = servers.map((server) => ({ server, model: ollama({ model: 'llama3.2:3b', host: server }) }));
 * const agent = await createAgent({ model: createPool({ upstreams }), prompt: await loadPrompt('sentiment') });
 */
export function createPool(options: PoolOptions): Pool {
  return new HostPool(completePoolOptions(options));
}

class HostPool implements Pool {
  readonly provider: string;
  readonly name: string;
  readonly readsPrompt: boolean;
  private readonly clock: Runtime;
  private readonly emit: Emit | undefined;
  private readonly hosts: readonly UpstreamState[];
  private readonly recovery: Recovery;
  private readonly arrivals = new WaitQueue<ModelInfo>();
  private readonly admissions = new WaitQueue<true>();
  /** Work that was admitted and is still running. */
  private admitted = 0;
  private readonly requests = new WaitQueue<DispatchedRequest>();
  private readonly lifetime = createAbortController();
  private readonly undo: (() => void)[] = [];
  /** The request that hosts are prepared with: the sample of `prepare`, else the first request. */
  private sample: ModelRequest | undefined;

  constructor(options: ReturnType<typeof completePoolOptions>) {
    const { upstreams, observer, runtime = nodeRuntime, upTimeoutMs, failureThreshold } = options;
    const models = upstreams.map(({ model }) => model);
    this.readsPrompt = models.every(({ readsPrompt }) => readsPrompt !== false);
    this.provider = models[0]?.provider ?? '';
    this.name = models[0]?.name ?? '';
    this.clock = runtime;
    this.emit = createEmit(observer, 'pool', () => runtime.wallTime());
    this.hosts = upstreams.map((upstream) => this.stateOf(upstream, failureThreshold));
    for (const host of this.hosts) host.learnsSpeed = this.hosts.length > 1;
    this.recovery = new Recovery({
      hosts: this.hosts,
      upTimeoutMs,
      clock: runtime,
      probe: (down) => this.check(down, this.lifetime.signal),
      onGiveUp: () => this.admitAll(),
    });
    for (const { server, limiter } of upstreams) {
      const stop = limiter?.onChange(({ from, to, reason }) => {
        this.emit?.('limit.change', { server, from, to, reason });
        this.admitAll();
      });
      if (stop) this.undo.push(stop);
    }
  }

  /** The current caveats of all servers. */
  get caveat(): string | null {
    return [...new Set(this.hosts.flatMap(({ model }) => model.caveat ?? []))].join('; ') || null;
  }

  async prepare(sample: ModelRequest, { signal }: { readonly signal: AbortSignal }): Promise<ModelInfo> {
    signal.throwIfAborted();
    this.sample = sample;
    const [only] = this.hosts;
    if (only && this.hosts.length === 1) return only.model.prepare(sample, { signal });
    for (const host of this.hosts) host.ready = false;
    this.recovery.update();
    const leave = this.recovery.enter();
    // The checks of late hosts outlive this call.
    const checks = linkAbort(this.lifetime.signal);
    const ignoreCaller = onAbort(signal, (reason) => checks.abort(reason));
    const check = (host: UpstreamState) => this.firstCheck(host, checks.signal);
    const all = runBounded(this.hosts, check, { concurrency: this.hosts.length, runtime: this.clock });
    void all.then(() => checks.release());
    let overdue = false;
    let stopTimer: (() => void) | undefined;
    const enough = () => {
      const info = this.arrival();
      if (!info || overdue || this.hosts.every(({ ready }) => ready)) return info;
      stopTimer ??= this.clock.setTimer(graceMs, () => {
        overdue = true;
        this.admitAll();
      });
      return undefined;
    };
    try {
      return await this.arrivals.take(signal, enough);
    } finally {
      stopTimer?.();
      ignoreCaller();
      leave();
    }
  }

  async ask(request: ModelRequest, call: ModelCall): Promise<ModelAnswer> {
    call.signal.throwIfAborted();
    this.sample ??= request;
    const leave = this.recovery.enter();
    const tried = new Set<UpstreamState>();
    const suspects = new Map<UpstreamState, unknown>();
    let failure: { readonly error: unknown } | undefined;
    let outages = 0;
    try {
      for (;;) {
        const sent = await this.requests.take(call.signal, () => this.place(tried, failure), tried.size > 0);
        tried.add(sent.host);
        try {
          const answer = await this.send(sent, request, call);
          for (const [host, error] of suspects) if (host.breaker.blame()) this.takeDown(host, error);
          return answer;
        } catch (error) {
          call.signal.throwIfAborted();
          if (!mayFailOver(error)) throw error;
          if (outages < mostOutages && this.isOutage(sent.host, error)) {
            outages += 1;
            tried.delete(sent.host);
            continue;
          }
          if (classifyFailure(error) === 'suspect') suspects.set(sent.host, error);
          if (!failure || isRetryable(error)) failure = { error };
        }
      }
    } finally {
      leave();
    }
  }

  async admit<R>(signal: AbortSignal, work: () => Promise<R>): Promise<R> {
    const leave = this.recovery.enter();
    try {
      await this.admissions.take(signal, () => {
        if (this.admitted >= this.room()) return undefined;
        this.admitted += 1;
        return true;
      });
      return await work().finally(() => {
        this.admitted -= 1;
        this.admissions.admitAll();
      });
    } finally {
      leave();
    }
  }

  metrics(): readonly HostMetrics[] {
    const answered = this.hosts.reduce((sum, { answeredCount }) => sum + answeredCount, 0);
    return this.hosts.map((host) => host.metrics(answered));
  }

  async close(): Promise<void> {
    const servers = this.hosts.map(({ server }) => server).join(', ');
    this.lifetime.abort(new ModelUnavailableError(servers, 'the pool is closed', { remedy: 'create another pool' }));
    this.recovery.stop();
    for (const step of this.undo.splice(0)) step();
    this.admitAll();
    await Promise.all(this.hosts.map(({ model }) => model.close()));
  }

  /** Sends a request to a host, and records the outcome. */
  private async send(
    sent: DispatchedRequest,
    request: ModelRequest,
    { signal, onSend, ...more }: ModelCall,
  ): Promise<ModelAnswer> {
    const { host } = sent;
    host.watch.sent();
    try {
      await onSend?.(host.server);
      const onPiece = () => {
        host.watch.heard();
        more.onPiece?.();
      };
      const answer = await host.model.ask(request, { signal, ...more, onPiece });
      host.answered(sent, answer);
      if (sent.isProbe) this.recovery.update();
      return answer;
    } catch (error) {
      if (signal.aborted) host.cancelled(sent);
      else if (host.failed(sent, error)) this.takeDown(host, error);
      throw error;
    } finally {
      host.watch.ended(!signal.aborted);
      this.admitAll();
    }
  }

  /**
   * Whether a failure of a single host is an outage, such as a crashed runner of Ollama. The host then gets no request until
   * it has loaded the model again, and the request keeps its attempt.
   */
  private isOutage(host: UpstreamState, error: unknown): boolean {
    if (this.hosts.length > 1 || codeOf(error) !== 'CHORALE_MODEL_FAILED') return false;
    if (host.breaker.blame()) this.takeDown(host, error);
    return host.breaker.state === 'open';
  }

  /** A slot at the best host that has not been tried; undefined if the request has to wait. */
  private place(
    tried: ReadonlySet<UpstreamState>,
    failure: { readonly error: unknown } | undefined,
  ): DispatchedRequest | undefined {
    this.lifetime.signal.throwIfAborted();
    const left = this.hosts.filter((host) => host.isUp && !tried.has(host));
    const chosen = chooseUpstream(left.filter(({ hasRoom }) => hasRoom));
    if (chosen) return chosen.begin();
    if (left.length === 0 && failure) throw failure.error;
    if (this.recovery.gaveUp) throw failure?.error ?? nobodyUp(this.hosts);
    return undefined;
  }

  /** The result of `prepare` of the first host that is up; undefined while a host may still come up. */
  private arrival(): ModelInfo | undefined {
    this.lifetime.signal.throwIfAborted();
    const info = this.hosts.find(({ isUp }) => isUp)?.info;
    if (info) return { ...info, digest: digestOf(this.hosts) };
    if (this.hosts.some(({ ready }) => !ready)) return undefined;
    if (this.hosts.some(({ failure }) => isRetryable(failure)) && !this.recovery.gaveUp) return undefined;
    throw nobodyUp(this.hosts);
  }

  private async firstCheck(host: UpstreamState, signal: AbortSignal): Promise<void> {
    try {
      await this.check(host, signal);
    } catch (error) {
      if (signal.aborted) host.ready = true;
      else this.takeDown(host, error);
      this.admitAll();
    }
  }

  /** Checks a host, loads the model, and marks the host as up. */
  private async check(host: UpstreamState, signal: AbortSignal): Promise<void> {
    const { sample } = this;
    if (!sample) return;
    host.info = await host.model.prepare(sample, { signal });
    const downMs = host.goUp();
    if (downMs !== undefined) this.emit?.('host.up', { server: host.server, down_ms: Math.round(downMs) });
    this.recovery.update();
    this.admitAll();
  }

  private takeDown(host: UpstreamState, error: unknown): void {
    const wasDown = host.breaker.state === 'open';
    host.goDown(error);
    if (!wasDown) {
      this.emit?.('host.down', { server: host.server, reason: failureProblem(error), code: codeOf(error) });
    }
    this.recovery.update();
  }

  /** How much work the hosts have room for; unlimited once the wait for a host is over, so that the work fails. */
  private room(): number {
    if (this.recovery.gaveUp || this.lifetime.signal.aborted) return Number.POSITIVE_INFINITY;
    return this.hosts.reduce((sum, { capacity }) => sum + capacity, 0);
  }

  private admitAll(): void {
    this.arrivals.admitAll();
    this.requests.admitAll();
    this.admissions.admitAll();
  }

  private stateOf(upstream: Upstream, failureThreshold: number): UpstreamState {
    const { server } = upstream;
    return new UpstreamState(upstream, failureThreshold, this.clock, ({ requests, silentMs, answers }) =>
      this.emit?.('host.silent', { server, requests, silent_ms: Math.round(silentMs), answers }),
    );
  }
}
