import { openSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { pinoObserver, processParallel } from '../dist/orchestration/index.js';
import { type Measured, measure, type Rounds } from './measure.js';
import { handWrittenPool } from './peers.js';

type Work = (item: number) => Promise<number>;

/** As in `src/foundation/events/pino-observer.ts`. */
const chunks = { minLength: 8_192, periodicFlush: 1_000 };

/**
 * Both worker events of every item in a file: by our observer, and by two bare calls of pino in a hand-written pool. The
 * bare calls come with a new timestamp each, and without any clock (the strictest comparison).
 */
export async function measureEventLines(
  items: readonly number[],
  work: Work,
  workers: number,
  rounds: Rounds,
): Promise<Record<'pinoObserver' | 'bare pino' | 'bare pino, no clock', Measured>> {
  const folder = await mkdtemp(join(tmpdir(), 'chorale-bench-'));
  const path = join(folder, 'events.jsonl');
  const bare = (now: () => string) => () => bareLines(path, items, work, workers, now);
  try {
    return await measure(
      {
        pinoObserver: async () => {
          const observer = pinoObserver({ destination: path });
          await processParallel(items, work, { maxWorkers: workers, observer });
          await observer.close();
        },
        'bare pino': bare(() => new Date().toISOString()),
        'bare pino, no clock': bare(() => '2026-01-01T00:00:00.000Z'),
      },
      rounds,
    );
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function bareLines(path: string, items: readonly number[], work: Work, workers: number, now: () => string) {
  const destination = pino.destination({ dest: openSync(path, 'w'), sync: false, ...chunks });
  const log = pino({ base: null, timestamp: false, formatters: { level: () => ({}) } }, destination);
  const source = 'processParallel';
  const total_items = items.length;
  await handWrittenPool(
    items,
    async (item, item_index, worker_id) => {
      log.info({ type: 'worker.start', timestamp: now(), source, data: { worker_id, item_index, total_items } });
      const result = await work(item);
      const data = { worker_id, item_index, total_items, error: false };
      log.info({ type: 'worker.complete', timestamp: now(), source, data });
      return result;
    },
    workers,
  );
  await new Promise((resolve) => {
    destination.once('close', resolve);
    destination.end();
  });
}
