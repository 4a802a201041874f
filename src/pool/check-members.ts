import { InvalidOptionError } from '../errors/index.js';
import type { PoolMember } from './pool-host.js';

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
export function checkMembers(
  members: readonly PoolMember[],
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
