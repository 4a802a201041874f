import { createAbortController, linkAbort } from '../../foundation/abort.js';
import { codeOf, isRetryable } from '../../foundation/errors/chorale-error.js';
import { createEmit, type Emit } from '../../foundation/events/observers.js';
import { nodeRuntime } from '../../foundation/node-runtime.js';
import type { Runtime } from '../../foundation/runtime.js';
import type { LimitChange } from '../../orchestration/parallel/limiter.js';
import { runBounded } from '../../orchestration/parallel/process-parallel.js';
import type { HostMetrics } from '../host-figures.js';
import type { Model, ModelAnswer, ModelCall, ModelInfo, ModelRequest } from '../model.js';
import { ModelUnavailableError } from '../model-errors.js';
import { checkUpstreams, type PoolLimits, type PoolOptions } from './check-members.js';
import { chooseHost } from './choose-host.js';
import { judgeHost, mayGoElsewhere, problemOf } from './host-failure.js';
import { nobodyUp } from './nobody-up.js';
import { PoolGate } from './pool-gate.js';
import { digestOf, PoolHost, type Sent } from './pool-host.js';
import { Recovery } from './recovery.js';
import { SilenceWatch } from './silence-watch.js';
import { WaitingLine } from './waiting-line.js';

/**
 * How long hosts that are still being checked are waited for when one is up, in milliseconds: the first questions would
 * all go to the one that answered a moment earlier.
 */
const graceMs = 2_000;

/** So many outages of the only host are waited for with one question; the question may be what crashes it. */
const mostOutages = 8;

/** Several servers as one model. */
export interface Pool extends Model {
  /** Runs `work` when a host that is up has room for it by its limiter; at once where it has none. */
  admit<R>(signal: AbortSignal, work: () => Promise<R>): Promise<R>;
  /** What each host did since the pool was made, in the order of the members. */
  figures(): readonly HostMetrics[];
}

/**
 * Makes one model of several servers. A question goes where it is likely to be worked on first; one that a host fails goes
 * to another at once, to each at most once. A host that fails is left alone, looked at again after pauses that grow, and
 * asked again when it is well. While none is up, questions wait up to `upTimeoutMs`.
 *
 * `prepare` checks all hosts at once, and resolves when one is up and the others have been checked, or have had two more
 * seconds; those join when they are up. Where only one host is given, it does not wait for it. `close` ends all of it.
 *
 * @throws InvalidOptionError, UnknownObserverError
 *
 * @example
 * const servers = ['http://desktop:11434', 'http://gpu-box:11434'];
 * const members = servers.map((server) => ({ server, model: ollama({ model: 'llama3.2:3b', host: server }) }));
 * const agent = await createAgent({ model: createPool({ members }), prompt: await loadPrompt('sentiment') });
 */
export function createPool(options: PoolOptions): Pool {
  return new HostPool(options, checkUpstreams(options.members, options));
}

class HostPool implements Pool {
  readonly provider: string;
  readonly name: string;
  readonly readsPrompt: boolean;
  private readonly gate: PoolGate;
  private readonly clock: Runtime;
  private readonly emit: Emit | undefined;
  private readonly hosts: readonly PoolHost[];
  private readonly recovery: Recovery;
  private readonly arrivals = new WaitingLine<ModelInfo>();
  private readonly questions = new WaitingLine<Sent>();
  private readonly lifetime = createAbortController();
  private readonly watches = new Map<PoolHost, SilenceWatch>();
  private readonly undo: (() => void)[] = [];
  /** What hosts are prepared for: the sample of `prepare`, else the first question. */
  private sample: ModelRequest | undefined;

  constructor(
    { members, observer, runtime = nodeRuntime }: PoolOptions,
    { upTimeoutMs, failureThreshold }: PoolLimits,
  ) {
    const models = members.map(({ model }) => model);
    this.readsPrompt = models.every(({ readsPrompt }) => readsPrompt !== false);
    this.provider = models[0]?.provider ?? '';
    this.name = models[0]?.name ?? '';
    this.clock = runtime;
    this.emit = createEmit(observer, 'pool', () => runtime.wallTime());
    this.hosts = members.map((member) => new PoolHost(member, failureThreshold, () => runtime.now()));
    this.recovery = new Recovery({
      hosts: this.hosts,
      upTimeoutMs,
      clock: runtime,
      probe: (down) => this.check(down, this.lifetime.signal),
      onGiveUp: () => this.admitAll(),
    });
    for (const one of this.hosts) this.watches.set(one, this.watchOver(one));
    this.gate = new PoolGate(
      () => this.room(),
      () => this.recovery.enter(),
    );
    for (const { server, limiter } of members) {
      if (!limiter) continue;
      const listener = (change: LimitChange) => {
        this.emit?.('limit.change', { server, from: change.from, to: change.to, reason: change.reason });
        this.admitAll();
      };
      this.undo.push(limiter.onChange(listener));
    }
  }

  /** What any of its servers has to say; it may change while they are asked. */
  get caveat(): string | null {
    return [...new Set(this.hosts.flatMap(({ model }) => model.caveat ?? []))].join('; ') || null;
  }

  async prepare(sample: ModelRequest, { signal }: { readonly signal: AbortSignal }): Promise<ModelInfo> {
    signal.throwIfAborted();
    this.sample = sample;
    const [only] = this.hosts;
    if (only && this.hosts.length === 1) return only.model.prepare(sample, { signal });
    for (const host of this.hosts) host.ready = false;
    this.recovery.look();
    const noNeed = this.recovery.enter();
    // The checks of late hosts outlive this call.
    const checks = linkAbort(this.lifetime.signal);
    const stop = () => checks.abort(signal.reason);
    signal.addEventListener('abort', stop, { once: true });
    const check = (host: PoolHost) => this.firstCheck(host, checks.signal);
    const all = runBounded(this.hosts, check, { limit: this.hosts.length, runtime: this.clock });
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
      signal.removeEventListener('abort', stop);
      noNeed();
    }
  }

  async ask(request: ModelRequest, call: ModelCall): Promise<ModelAnswer> {
    call.signal.throwIfAborted();
    this.sample ??= request;
    const noNeed = this.recovery.enter();
    const tried = new Set<PoolHost>();
    const suspects = new Map<PoolHost, unknown>();
    let failure: { readonly error: unknown } | undefined;
    let outages = 0;
    try {
      for (;;) {
        const sent = await this.questions.take(call.signal, () => this.place(tried, failure), tried.size > 0);
        tried.add(sent.host);
        try {
          const answer = await this.send(sent, request, call);
          for (const [host, error] of suspects) if (host.breaker.blame()) this.takeDown(host, error);
          return answer;
        } catch (error) {
          call.signal.throwIfAborted();
          if (!mayGoElsewhere(error)) throw error;
          if (outages < mostOutages && this.noticeOutage(sent.host, error)) {
            outages += 1;
            tried.delete(sent.host);
            continue;
          }
          if (judgeHost(error) === 'suspect') suspects.set(sent.host, error);
          if (!failure || isRetryable(error)) failure = { error };
        }
      }
    } finally {
      noNeed();
    }
  }

  admit<R>(signal: AbortSignal, work: () => Promise<R>): Promise<R> {
    return this.gate.admit(signal, work);
  }

  figures(): readonly HostMetrics[] {
    const answered = this.hosts.reduce((sum, { record }) => sum + record.answered, 0);
    return this.hosts.map((host) => host.figures(answered));
  }

  async close(): Promise<void> {
    this.lifetime.abort(new ModelUnavailableError(this.servers(), 'the pool is closed'));
    this.recovery.stop();
    for (const step of this.undo.splice(0)) step();
    this.admitAll();
    await Promise.all(this.hosts.map(({ model }) => model.close()));
  }

  /** Asks a host, and takes notice of how it went. */
  private async send(sent: Sent, request: ModelRequest, { signal, onSend, ...more }: ModelCall): Promise<ModelAnswer> {
    const { host } = sent;
    const watch = this.watches.get(host);
    watch?.sent();
    try {
      await onSend?.(host.server);
      const onPiece = () => {
        watch?.heard();
        more.onPiece?.();
      };
      const answer = await host.model.ask(request, { signal, ...more, onPiece });
      host.answered(sent, answer);
      if (sent.onTrial) this.recovery.look();
      return answer;
    } catch (error) {
      if (signal.aborted) host.cancelled(sent);
      else if (host.failed(sent, error)) this.takeDown(host, error);
      throw error;
    } finally {
      watch?.ended(!signal.aborted);
      this.admitAll();
    }
  }

  /**
   * Takes notice of a failure of the only host, and says whether it has stopped working for all, as an Ollama does whose
   * runner has crashed: it is then left alone until it has loaded the model again, and no question has used up an attempt.
   */
  private noticeOutage(host: PoolHost, error: unknown): boolean {
    if (this.hosts.length > 1 || codeOf(error) !== 'CHORALE_MODEL_FAILED') return false;
    if (host.breaker.blame()) this.takeDown(host, error);
    return host.breaker.state === 'open';
  }

  /** A place at the best host that was not tried yet; undefined where one is to be waited for. */
  private place(tried: ReadonlySet<PoolHost>, failure: { readonly error: unknown } | undefined): Sent | undefined {
    this.lifetime.signal.throwIfAborted();
    const left = this.hosts.filter((host) => host.isUp && !tried.has(host));
    const chosen = chooseHost(left.filter(({ hasRoom }) => hasRoom));
    if (chosen) return chosen.begin();
    if (left.length === 0 && failure) throw failure.error;
    if (this.recovery.gaveUp) throw failure?.error ?? nobodyUp(this.hosts);
    return undefined;
  }

  /** What the first host that is up told; undefined while one may come up. */
  private arrival(): ModelInfo | undefined {
    this.lifetime.signal.throwIfAborted();
    const info = this.hosts.find(({ isUp }) => isUp)?.info;
    if (info) return { ...info, digest: digestOf(this.hosts) };
    if (this.hosts.some(({ ready }) => !ready)) return undefined;
    if (this.hosts.some(({ failure }) => isRetryable(failure)) && !this.recovery.gaveUp) return undefined;
    throw nobodyUp(this.hosts);
  }

  private async firstCheck(host: PoolHost, signal: AbortSignal): Promise<void> {
    try {
      await this.check(host, signal);
    } catch (error) {
      if (signal.aborted) host.ready = true;
      else this.takeDown(host, error);
      this.admitAll();
    }
  }

  /** Checks and loads a host; it is up then. */
  private async check(host: PoolHost, signal: AbortSignal): Promise<void> {
    const { sample } = this;
    if (!sample) return;
    host.info = await host.model.prepare(sample, { signal });
    const downMs = host.goUp();
    if (downMs !== undefined) this.emit?.('host.up', { server: host.server, down_ms: Math.round(downMs) });
    this.recovery.look();
    this.admitAll();
  }

  private takeDown(host: PoolHost, error: unknown): void {
    const wasDown = host.breaker.state === 'open';
    host.goDown(error);
    if (!wasDown) {
      this.emit?.('host.down', { server: host.server, reason: problemOf(error), code: codeOf(error) });
    }
    this.recovery.look();
  }

  /** Pieces of work that the hosts have room for; without limit when waiting for a host is over, so that they fail. */
  private room(): number {
    if (this.recovery.gaveUp || this.lifetime.signal.aborted) return Number.POSITIVE_INFINITY;
    return this.hosts.reduce((sum, { capacity }) => sum + capacity, 0);
  }

  private admitAll(): void {
    this.arrivals.admitAll();
    this.questions.admitAll();
    this.gate.admitAll();
  }

  private watchOver({ server, model }: PoolHost): SilenceWatch {
    return new SilenceWatch(model, this.clock, ({ requests, silentMs, answers }) =>
      this.emit?.('host.silent', { server, requests, silent_ms: Math.round(silentMs), answers }),
    );
  }

  private servers(): string {
    return this.hosts.map(({ server }) => server).join(', ');
  }
}
