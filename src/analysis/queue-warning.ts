import type { Summary } from './summary.js';

/**
 * What a run has to say of the server's queue, where its reviews waited there for half of their time or more; null
 * otherwise. Why they waited is not known: the server has fewer slots than there are workers, or others use it.
 * @param isFixed whether the number of workers was the same throughout
 */
export function queueWarning(summary: Summary, isFixed: boolean): string | null {
  const { queue_ms: queue, latency_ms: latency, workers, estimated_speedup: atOnce, provider } = summary;
  if (!queue?.mean || !latency.mean || queue.mean < latency.mean / 2) return null;
  const waited = `reviews waited ${Math.round((queue.mean / latency.mean) * 100)} % of their time in the server's queue`;
  if (workers === 1) return `${waited}, with one worker: another program uses the server`;
  // Where the number in flight is found, it was too many only as long as it was looked for.
  if (!isFixed) return null;
  const served = atOnce === null ? '' : `, and it worked on ${atOnce.toFixed(1)} of them at once`;
  const slots = provider === 'ollama' ? ' (OLLAMA_NUM_PARALLEL; chorale doctor counts them)' : '';
  return `${waited}${served}: it has fewer slots than ${workers} workers${slots}, or another program uses it too`;
}
