import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { defaultSettings, type Settings } from '../config/index.js';
import { messageOf, StoreError, systemCodeOf } from '../errors/index.js';
import { openRunStore, type RunStore } from '../store/index.js';

/**
 * Opens the store of the settings. The folder of the default one is made, and kept out of version control.
 * @throws StoreError
 */
export async function openStore({ store: path, cacheMaxAgeMs, cacheMaxBytes }: Settings): Promise<RunStore> {
  if (path === defaultSettings.store) makeFolder(dirname(path), path);
  return openRunStore({ path, cache: { maxAgeMs: cacheMaxAgeMs, maxBytes: cacheMaxBytes } });
}

function makeFolder(folder: string, path: string): void {
  if (existsSync(folder)) return;
  try {
    mkdirSync(folder);
    writeFileSync(`${folder}/.gitignore`, '*\n');
  } catch (cause) {
    const problem = `its folder cannot be made here (${systemCodeOf(cause) ?? messageOf(cause)})`;
    throw new StoreError(path, problem, 'say with --store FILE where runs are recorded', { cause });
  }
}
