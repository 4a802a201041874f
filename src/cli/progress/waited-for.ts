import type { Settings } from '../config/settings.js';
import { publicHost } from '../public-host.js';
import type { WaitedFor } from './show-progress.js';

/** Whom a run with these settings may wait for. */
export function waitedFor({ provider, hosts, rate, tokenRate }: Settings): WaitedFor {
  const limits = [
    ...(rate === undefined ? [] : [`${round(rate)} requests/s`]),
    ...(tokenRate === undefined ? [] : [`${round(tokenRate * 60)} tokens/min`]),
  ];
  return {
    servers: provider === 'lexicon' ? [] : hosts.map((host) => publicHost(provider, host)),
    mostPerSecond: rate ?? Number.POSITIVE_INFINITY,
    limit: limits.join(', ') || null,
  };
}

function round(value: number): number {
  return Number(value.toPrecision(3));
}
