import { existsSync, statSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { RunStore } from '../analysis/run-store.js';
import { StoreError } from '../analysis/store-errors.js';
import { messageOf, systemCodeOf } from '../foundation/errors/chorale-error.js';
import { createPrivateFolder } from '../store/libsql/store-file.js';
import { type StartingRunStore, startRunStore } from '../store/runs/open-run-store.js';
import { optionTable } from './options/option-table.js';
import type { Settings } from './options/settings.js';

/**
 * Opens the store of the settings. The folder of the default one is made, and kept out of version control.
 * @param warn called where others can read the store, or its file was removed while a run wrote it
 * @throws StoreError
 */
export async function openStore(settings: Settings, warn: (warning: string) => void): Promise<RunStore> {
  return startStore(settings, warn).open();
}

/** The same in two steps: its thread starts, while other things are loaded. */
export function startStore(
  { store: path, cacheMaxAgeMs, cacheMaxBytes }: Settings,
  warn: (warning: string) => void,
): StartingRunStore {
  const cache = { maxAgeMs: cacheMaxAgeMs, maxBytes: cacheMaxBytes };
  const starting = startRunStore({ path, cache, onNotice: warn });
  const open = async () => {
    if (path === optionTable.store.default) makeStoreFolder();
    const store = await starting.open();
    if (isOpenToOthers(path))
      warn(`all users of this machine may open the store ${path}; its owner can run chmod 600 on it`);
    return store;
  };
  return { ...starting, open };
}

/** Makes the folder of the default store, and keeps it out of version control. @throws StoreError */
export function makeStoreFolder(): void {
  const path = optionTable.store.default;
  const folder = dirname(path);
  const ignored = `${folder}/.gitignore`;
  if (existsSync(ignored)) return;
  try {
    createPrivateFolder(folder);
    writeFileSync(ignored, '*\n', { flag: 'wx' });
  } catch (cause) {
    if (existsSync(folder)) return;
    const problem = `its folder cannot be made here (${systemCodeOf(cause) ?? messageOf(cause)})`;
    throw new StoreError(path, problem, 'say with --store FILE where runs are recorded', { cause });
  }
}

function isOpenToOthers(path: string): boolean {
  const found = statSync(path, { throwIfNoEntry: false });
  return process.platform !== 'win32' && found !== undefined && (found.mode & 0o007) !== 0;
}
