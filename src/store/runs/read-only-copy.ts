import { chmodSync, constants, copyFileSync, mkdtempSync, rmSync, type Stats, statfsSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { StoreError } from '../../analysis/store-errors.js';
import { temporaryFolderProblem } from '../../data/data-errors.js';
import { messageOf } from '../../foundation/errors/chorale-error.js';

/** A copy of a database for reading only. */
export interface ReadOnlyCopy {
  readonly path: string;
  remove(): void;
}

/** Number of copies to try while another process writes the file. */
const mostAttempts = 5;
const mebibyte = 2 ** 20;

/**
 * Copies a database that cannot be written into the folder for temporary files: to open it where it is would need a log
 * beside it. The copy goes when it is removed, or the process exits.
 * @throws StoreError if it cannot be read, or if there is no room for it
 */
export function copyForReading(path: string): ReadOnlyCopy {
  const folder = makeFolder(path);
  const remove = () => {
    rmSync(folder, { recursive: true, force: true });
    process.removeListener('exit', remove);
  };
  process.once('exit', remove);
  try {
    requireRoom(path, folder);
    const copy = join(folder, 'runs.db');
    for (let attempt = 1; ; attempt += 1) {
      const before = stateOf(path);
      for (const ending of ['', '-wal']) copyPart(`${path}${ending}`, `${copy}${ending}`);
      if (stateOf(path) === before) return { path: copy, remove };
      if (attempt === mostAttempts) {
        throw new StoreError(path, 'it is being written all the time, so that it cannot be copied', 'try again later');
      }
    }
  } catch (cause) {
    remove();
    if (cause instanceof StoreError) throw cause;
    throw new StoreError(
      path,
      `the file cannot be read (${messageOf(cause)})`,
      'ask its owner for the right to read it',
      {
        cause,
      },
    );
  }
}

function makeFolder(path: string): string {
  try {
    return mkdtempSync(join(tmpdir(), 'chorale-'));
  } catch (cause) {
    const { problem, remedy } = temporaryFolderProblem(cause);
    throw new StoreError(path, `it can only be read, through a copy; ${problem}`, remedy, { cause });
  }
}

function requireRoom(path: string, folder: string): void {
  const size = (sizeOf(path) ?? 0) + (sizeOf(`${path}-wal`) ?? 0);
  const { bavail, bsize } = statfsSync(folder);
  if (size < bavail * bsize) return;
  const problem = `it can only be read, through a copy of ${Math.ceil(size / mebibyte)} MiB, for which ${tmpdir()} has no room`;
  throw new StoreError(path, problem, 'make room there, or name another folder with TMPDIR');
}

function copyPart(from: string, to: string): void {
  rmSync(to, { force: true });
  if (partOf(from) === undefined) return;
  copyFileSync(from, to, constants.COPYFILE_FICLONE);
  chmodSync(to, 0o600);
}

/** Changes when the database is written. */
function stateOf(path: string): string {
  const parts = ['', '-wal'].map((ending) => partOf(`${path}${ending}`));
  return parts.map((part) => `${part?.ino} ${part?.size} ${part?.mtimeMs}`).join();
}

function sizeOf(path: string): number | undefined {
  return partOf(path)?.size;
}

function partOf(path: string): Stats | undefined {
  return statSync(path, { throwIfNoEntry: false });
}
