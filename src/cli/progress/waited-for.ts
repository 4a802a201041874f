import type { Settings } from '../../config/index.js';
import { publicAddress, publicHostUrl } from '../../model/index.js';
import type { WaitedFor } from './show-progress.js';

/** Whom a run with these settings may wait for. */
export function waitedFor({ provider, hosts, rate, tokenRate }: Settings): WaitedFor {
  const publicOf = provider === 'ollama' ? publicHostUrl : publicAddress;
  const limits = [
    ...(rate === undefined ? [] : [`${round(rate)} requests/s`]),
    ...(tokenRate === undefined ? [] : [`${round(tokenRate * 60)} tokens/min`]),
  ];
  return {
    servers: provider === 'lexicon' ? [] : hosts.map(publicOf),
    mostPerSecond: rate ?? Number.POSITIVE_INFINITY,
    limit: limits.join(', ') || null,
  };
}

function round(value: number): number {
  return Number(value.toPrecision(3));
}
