import { nodeRuntime } from '../../foundation/runtime.js';
import type { Database } from './open-database.js';

/**
 * Returns the free pages of a file to the system, in chunks, so that others may write in between. A file that was made
 * without that ability is written anew once.
 */
export async function giveBack(database: Database): Promise<void> {
  const number = (pragma: string) => Number(Object.values(database.prepare(`PRAGMA ${pragma}`).all()[0] ?? {})[0]);
  const freePages = () => number('freelist_count');
  if (freePages() === 0) return;
  if (number('auto_vacuum') === incremental) {
    for (let before = Number.POSITIVE_INFINITY, free = freePages(); free > 0 && free < before; free = freePages()) {
      before = free;
      await database.write(() => {
        database.prepare(`PRAGMA incremental_vacuum(${chunkPages})`).all();
      });
      await new Promise<void>((resolve) => {
        nodeRuntime.nextTurn(resolve);
      });
    }
  } else {
    try {
      database.prepare('PRAGMA auto_vacuum = INCREMENTAL').all();
      database.prepare('VACUUM').all();
    } catch {
      // Another process is writing. The next deletion tries again.
    }
  }
  database.prepare('PRAGMA wal_checkpoint(TRUNCATE)').all();
}

/** As SQLite numbers the kinds of `auto_vacuum`. */
const incremental = 2;
const chunkPages = 2_000;
