import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RunStore } from '../../../src/analysis/run-store.js';
import { openRunStore, type RunStoreOptions } from '../../../src/store/runs/open-run-store.js';

/** The thread runs as it was built. */
export const thread = new URL('../../../dist/store/runs/run-store-thread.js', import.meta.url);

export function openStore(path: string, options: Partial<RunStoreOptions> = {}): Promise<RunStore> {
  return openRunStore({ path, thread, ...options });
}

export function temporaryFolder() {
  const folder = mkdtempSync(join(tmpdir(), 'chorale-runs-'));
  return { path: join(folder, 'runs.db'), folder, remove: () => rmSync(folder, { recursive: true, force: true }) };
}
