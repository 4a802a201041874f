import { existsSync } from 'node:fs';
import { StoreError } from '../../analysis/store-errors.js';
import { openDatabase } from '../../store/libsql/open-database.js';
import { openRunArchive, type RunArchive } from '../../store/runs/run-archive.js';
import { loadConfig } from '../config/load-config.js';
import { defaultSettings } from '../config/settings.js';
import type { RecordedRunsFlags } from '../flags.js';

/** The file of the store. @throws ConfigError */
export async function storePath({ store }: RecordedRunsFlags): Promise<string> {
  return store ?? (await loadConfig(undefined)).store ?? defaultSettings.store;
}

/** Whether there is a store at all: a reader makes none. */
export async function storeExists(flags: RecordedRunsFlags): Promise<boolean> {
  return existsSync(await storePath(flags));
}

/** How much of the file is in use: the rest is free for later runs, if it is not given back to the disk. */
export async function usedBytes(flags: RecordedRunsFlags): Promise<number> {
  const database = openDatabase(await storePath(flags));
  try {
    const figure = (name: string) => Number(database.prepare(`PRAGMA ${name}`).get()?.[name]);
    return (figure('page_count') - figure('freelist_count')) * figure('page_size');
  } finally {
    database.close();
  }
}

/**
 * Does something with the recorded runs, and closes their store.
 * @param removes whether runs are to be removed: then a store that can only be read is refused
 * @throws StoreError where it is not there, damaged, or of a newer schema
 */
export async function withArchive<R>(
  flags: RecordedRunsFlags,
  work: (archive: RunArchive) => R | Promise<R>,
  removes = false,
): Promise<R> {
  const path = await storePath(flags);
  if (!existsSync(path)) {
    const remedy = 'name the file in which they are with --store, or run chorale analyze first';
    throw new StoreError(path, 'there is no such file, so no runs are recorded in it', remedy);
  }
  const archive = openRunArchive(path, { removes });
  try {
    return await work(archive);
  } finally {
    archive.close();
  }
}
