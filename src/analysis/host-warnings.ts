import type { HostMetrics } from '../model/host-figures.js';

/** What the reader of the figures must know about servers that did not do their part. */
export function hostWarnings(hosts: readonly HostMetrics[]): readonly string[] {
  return hosts
    .filter(({ down_count }) => down_count > 0)
    .map(({ server, up, excluded, answered, failed, down_count: times, down_ms: ms, problem }) => {
      if (excluded && answered > 0) return `${server} was excluded after ${answered} answers: ${problem}`;
      if (!up && answered + failed === 0) return `${server} was left out: ${problem}`;
      const often = times === 1 ? 'once' : `${times} times`;
      return `${server} was down ${often}, for ${(ms / 1_000).toFixed(1)} s in all: ${problem}`;
    });
}
