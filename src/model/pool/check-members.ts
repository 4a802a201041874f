import { InvalidOptionError } from '../../foundation/errors/common-errors.js';
import type { Observer } from '../../foundation/events/event.js';
import type { Runtime } from '../../foundation/runtime.js';
import type { Upstream } from './pool-host.js';

/** Options of `createPool`. */
export interface PoolOptions {
  /** One or more servers with the same model. */
  readonly members: readonly Upstream[];
  /** How long a host may take to come up while no other is, in milliseconds. @default 60000 */
  readonly upTimeoutMs?: number | undefined;
  /** Failures in a row after which a host is down; one where nobody listens is down at once. @default 3 */
  readonly failureThreshold?: number | undefined;
  /** Receives `host.down` and `host.up`. @default noopObserver */
  readonly observer?: Observer | string | undefined;
  /** Clock, timers and chance. @default the machine that Node runs on */
  readonly runtime?: Runtime | undefined;
}

/** The limits of a pool, checked and completed. */
export interface PoolLimits {
  readonly upTimeoutMs: number;
  readonly failureThreshold: number;
}

const defaults: PoolLimits = { upTimeoutMs: 60_000, failureThreshold: 3 };

/**
 * Checks that members make a pool, and completes its limits.
 * @throws InvalidOptionError
 */
export function checkUpstreams(
  members: readonly Upstream[],
  given: { readonly [K in keyof PoolLimits]?: number | undefined },
): PoolLimits {
  if (!Array.isArray(members) || members.length === 0) {
    throw new InvalidOptionError('members', 'an array of one or more servers', members);
  }
  const servers = new Set<string>();
  for (const { server } of members) {
    if (typeof server !== 'string' || server.trim() === '') {
      throw new InvalidOptionError('members[].server', 'the address of a server', server);
    }
    if (servers.has(server)) throw new InvalidOptionError('members', 'different servers', server);
    servers.add(server);
  }
  const names = [...new Set(members.map(({ model }) => `${model.provider} ${model.name}`))];
  if (names.length > 1) throw new InvalidOptionError('members', 'servers with the same model', names.join(', '));
  const { upTimeoutMs = defaults.upTimeoutMs, failureThreshold = defaults.failureThreshold } = given;
  if (!(upTimeoutMs >= 0)) throw new InvalidOptionError('upTimeoutMs', 'at least 0 (milliseconds)', upTimeoutMs);
  if (!Number.isInteger(failureThreshold) || failureThreshold < 1) {
    throw new InvalidOptionError('failureThreshold', 'a whole number of at least 1', failureThreshold);
  }
  return { upTimeoutMs, failureThreshold };
}
