import { RunnableLambda } from '@langchain/core/runnables';
import async from 'async';
import { Effect } from 'effect';
import fastq from 'fastq';
import pLimit from 'p-limit';
import pMap from 'p-map';
import PQueue from 'p-queue';
import { processParallel } from '../dist/orchestration/index.js';

export type Work<T, R> = (item: T, index: number, workerId: number) => Promise<R>;

/** The least that one can write by hand: no events, no cancellation, no outcomes, and orphans after a failure. */
export async function handWrittenPool<T, R>(items: readonly T[], work: Work<T, R>, workers: number): Promise<R[]> {
  const results = new Array<R>(items.length);
  let next = 0;
  const worker = async (_: unknown, workerId: number) => {
    while (next < items.length) {
      const index = next++;
      results[index] = await work(items[index] as T, index, workerId);
    }
  };
  await Promise.all(Array.from({ length: workers }, worker));
  return results;
}

/** The same job by chorale and by its peers: the results of `work` for every item, in order, at most `workers` at once. */
export function createPeers<T, R>(items: readonly T[], work: (item: T) => Promise<R>, workers: number) {
  const runnable = RunnableLambda.from(work);
  return {
    chorale: () => processParallel(items, work, { maxWorkers: workers }),
    'p-map': () => pMap(items, work, { concurrency: workers }),
    'p-limit': () => {
      const limit = pLimit(workers);
      return Promise.all(items.map((item) => limit(work, item)));
    },
    'p-queue': () => {
      const queue = new PQueue({ concurrency: workers });
      return queue.addAll(items.map((item) => () => work(item)));
    },
    fastq: () => {
      const queue = fastq.promise(work, workers);
      return Promise.all(items.map((item) => queue.push(item)));
    },
    'Effect.forEach': () =>
      Effect.runPromise(Effect.forEach(items, (item) => Effect.promise(() => work(item)), { concurrency: workers })),
    'LangChain batch': () => runnable.batch([...items], { maxConcurrency: workers }),
    'async.mapLimit': () => async.mapLimit(items as T[], workers, work),
    'hand-written pool': () => handWrittenPool(items, work, workers),
  };
}
