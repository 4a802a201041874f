import type { Event, EventData, Observer } from '../../foundation/events/event.js';
import { renderDuration } from '../../report/format-values.js';
import { publicHosts, type Settings } from '../options/settings.js';

/** Whom a run may wait for. */
export interface WaitedFor {
  /** Addresses without credentials. */
  readonly servers: readonly string[];
  /** Requests per second; Infinity if there is no limit. */
  readonly mostPerSecond: number;
  /** The limits that were set, in words; null for none. */
  readonly limit: string | null;
}

/** Silence after which it is said what is waited for, in milliseconds. */
const silenceMs = 5_000;

/** A known pause is said at once where it is longer than this, in milliseconds. */
const shortPauseMs = 2_000;

interface WaitsOptions extends Pick<WaitedFor, 'servers' | 'limit'> {
  /** Milliseconds, on any scale. */
  readonly now: () => number;
}

interface Pause {
  readonly until: number;
  readonly reason: string;
}

/** Finds out from the events of agents and hosts what a run waits for. */
export class Waits {
  /** When each request was sent that has no answer yet, by what asked for it. */
  private readonly open = new Map<string, number>();
  private readonly pauses = new Map<string, Pause>();
  private readonly down = new Map<string, string>();
  private movedAt: number;
  readonly observer: Observer = { onEvent: (event) => this.take(event) };

  constructor(private readonly options: WaitsOptions) {
    this.movedAt = options.now();
  }

  /** Something made progress. */
  move(): void {
    this.movedAt = this.options.now();
  }

  /**
   * What the run waits for now, in words; null if nothing is known.
   * @param step the step before the first request
   */
  describe(step: string | null): string | null {
    const { now, servers, limit } = this.options;
    for (const [key, { until }] of this.pauses) if (until <= now()) this.pauses.delete(key);
    const silentMs = now() - this.movedAt;
    const [pause] = [...this.pauses.values()].sort((a, b) => a.until - b.until);
    if (pause && this.open.size === 0) {
      const leftMs = pause.until - now();
      if (leftMs >= shortPauseMs || silentMs >= silenceMs) return `waiting ${seconds(leftMs)}: ${pause.reason}`;
    }
    if (silentMs < silenceMs) return null;
    if (servers.length > 0 && this.down.size >= servers.length) {
      return `waiting ${seconds(silentMs)}: ${[...this.down].map(([server, why]) => `${server} is down (${why})`).join(', ')}`;
    }
    if (this.open.size > 0) return `no answer from ${this.whom()} for ${seconds(silentMs)}`;
    if (step !== null) return `waiting ${seconds(silentMs)}: ${step}`;
    if (limit !== null) return `waiting: rate limit (${limit})`;
    return servers.length === 0 ? null : `waiting ${seconds(silentMs)} for ${this.whom()}`;
  }

  private take({ type, data, source }: Event): void {
    if (type === 'model.request') this.begin(`${source} ${data.item}`);
    else if (type === 'model.response') this.finish(`${source} ${data.item}`);
    else if (type === 'model.retry') {
      const { delay_ms: delayMs, server_asked: asked, message, item } = data;
      const reason = asked ? 'server asked for a pause' : `then another attempt (${message})`;
      this.pauses.set(`${source} ${item}`, { until: this.options.now() + delayMs, reason });
    } else if (type === 'host.down') this.down.set(data.server, data.reason);
    else if (type === 'host.up') this.down.delete(data.server);
  }

  private begin(key: string): void {
    // What was waited for before this is over.
    if (this.open.size === 0) this.move();
    this.pauses.delete(key);
    this.open.set(key, this.options.now());
  }

  private finish(key: string): void {
    this.open.delete(key);
    this.move();
  }

  private whom(): string {
    const { servers } = this.options;
    const [only] = servers;
    if (only === undefined) return 'the model';
    return servers.length === 1 ? only : `${servers.length} servers`;
  }
}

/** `41 s`, `2 min 5 s` */
function seconds(ms: number): string {
  const whole = Math.max(1, Math.round(ms / 1_000));
  return whole < 60 ? `${whole} s` : renderDuration(whole * 1_000);
}

/** Whom a run with these settings may wait for. */
export function waitedFor({ provider, hosts, rate, tokenRate }: Settings): WaitedFor {
  const limits = [
    ...(rate === undefined ? [] : [`${round(rate)} requests/s`]),
    ...(tokenRate === undefined ? [] : [`${round(tokenRate * 60)} tokens/min`]),
  ];
  return {
    servers: provider === 'lexicon' ? [] : publicHosts({ provider, hosts }),
    mostPerSecond: rate ?? Number.POSITIVE_INFINITY,
    limit: limits.join(', ') || null,
  };
}

function round(value: number): number {
  return Number(value.toPrecision(3));
}

/** Tells when a host goes down and when it is back. */
export function tellHosts(tell: (line: string) => void): Observer {
  return {
    onEvent({ type, data }) {
      if (type === 'host.down') tell(`warning: ${data.server} is down: ${data.reason}`);
      else if (type === 'host.up') tell(`${data.server} is up after ${renderDuration(data.down_ms)}`);
      else if (type === 'host.silent') tell(renderSilence(data));
    },
  };
}

function renderSilence({ server, requests, silent_ms: silentMs, answers }: EventData['host.silent']): string {
  const silence = `no token for ${renderDuration(silentMs)} on ${requests} request${requests === 1 ? '' : 's'}`;
  if (answers === false) return `warning: ${server} answers nothing: ${silence}, and no health check`;
  return answers ? `${server}: the server answers, but has produced ${silence}` : `${server}: ${silence}`;
}
