import { existsSync, statSync } from 'node:fs';
import { StoreError } from '../../errors/index.js';
import { openRunArchive, type RunArchive } from '../../store/index.js';
import type { RecordedRunsFlags } from '../flags.js';
import { defaultStore } from './default-store.js';

/** The file of the store. */
export function storePath({ store }: RecordedRunsFlags): string {
  return store ?? defaultStore;
}

/** Whether there is a store at all: a reader makes none. */
export function storeExists(flags: RecordedRunsFlags): boolean {
  return existsSync(storePath(flags));
}

/** What the store takes on the disk, the log beside it included. */
export function storeBytes(flags: RecordedRunsFlags): number {
  const path = storePath(flags);
  const sizes = [path, `${path}-wal`].map((file) => statSync(file, { throwIfNoEntry: false })?.size ?? 0);
  return sizes.reduce((sum, size) => sum + size, 0);
}

/**
 * Does something with the recorded runs, and closes their store.
 * @throws StoreError where it is not there, damaged, or of a newer schema
 */
export async function withArchive<R>(
  flags: RecordedRunsFlags,
  work: (archive: RunArchive) => R | Promise<R>,
): Promise<R> {
  const path = storePath(flags);
  if (!storeExists(flags)) {
    const remedy = 'name the file in which they are with --store, or run chorale analyze first';
    throw new StoreError(path, 'there is no such file, so no runs are recorded in it', remedy);
  }
  const archive = openRunArchive(path);
  try {
    return await work(archive);
  } finally {
    archive.close();
  }
}
