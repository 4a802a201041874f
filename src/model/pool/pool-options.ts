import { InvalidOptionError } from '../../foundation/errors/chorale-error.js';
import type { Observer } from '../../foundation/events/event.js';
import { type OptionNames, requireKnown } from '../../foundation/known-options.js';
import type { Runtime } from '../../foundation/runtime.js';
import type { Upstream } from './upstream.js';

/** Options of `createPool`. */
export interface PoolOptions {
  /** One or more servers with the same model. */
  readonly upstreams: readonly Upstream[];
  /** How long a host may take to come up while no other is, in milliseconds. @default 60000 */
  readonly upTimeoutMs?: number | undefined;
  /** Failures in a row after which a host is down; one where nobody listens is down at once. @default 3 */
  readonly failureThreshold?: number | undefined;
  /** Receives `host.down` and `host.up`. @default noopObserver */
  readonly observer?: Observer | string | undefined;
  /** Clock, timers and RNG. @default the machine that Node runs on */
  readonly runtime?: Runtime | undefined;
}

const poolOptions: OptionNames<PoolOptions> = {
  upstreams: true,
  upTimeoutMs: true,
  failureThreshold: true,
  observer: true,
  runtime: true,
};

/**
 * Checks the options of a pool, and completes its limits.
 * @throws InvalidOptionError
 */
export function completePoolOptions(options: PoolOptions) {
  requireKnown('createPool', options, poolOptions);
  const { upstreams, upTimeoutMs = 60_000, failureThreshold = 3 } = options;
  if (!Array.isArray(upstreams) || upstreams.length === 0) {
    throw new InvalidOptionError('upstreams', 'an array of one or more servers', upstreams);
  }
  const servers = new Set<string>();
  for (const { server } of upstreams) {
    if (typeof server !== 'string' || server.trim() === '') {
      throw new InvalidOptionError('upstreams[].server', 'the address of a server', server);
    }
    if (servers.has(server)) throw new InvalidOptionError('upstreams', 'different servers', server);
    servers.add(server);
  }
  const names = [...new Set(upstreams.map(({ model }) => `${model.provider} ${model.name}`))];
  if (names.length > 1) throw new InvalidOptionError('upstreams', 'servers with the same model', names.join(', '));
  if (!(upTimeoutMs >= 0)) throw new InvalidOptionError('upTimeoutMs', 'at least 0 (milliseconds)', upTimeoutMs);
  if (!Number.isInteger(failureThreshold) || failureThreshold < 1) {
    throw new InvalidOptionError('failureThreshold', 'a whole number of at least 1', failureThreshold);
  }
  return { ...options, upTimeoutMs, failureThreshold };
}

declare module '../../foundation/events/event.js' {
  /** Events of the servers of a pool. Addresses are without credentials. */
  interface EventData {
    /** It is not asked any more; `code` is that of the failure for which. */
    'host.down': { readonly server: string; readonly reason: string; readonly code: string };
    /** The limit of requests in flight on this host changed; `reason` says why, in words. */
    'limit.change': { readonly server: string; readonly from: number; readonly to: number; readonly reason: string };
    /**
     * The host has been silent for `silent_ms` with `requests` in flight. `answers`: whether it answers a health check; null
     * if it has none. Emitted once for each silence; the requests continue.
     */
    'host.silent': {
      readonly server: string;
      readonly requests: number;
      readonly silent_ms: number;
      readonly answers: boolean | null;
    };
    /** The host is up again, after `down_ms` milliseconds. */
    'host.up': { readonly server: string; readonly down_ms: number };
  }
}
