import { basename, dirname, join } from 'node:path';
import { systemCodeOf } from '../foundation/errors/chorale-error.js';
import { OutputError } from './data-errors.js';
import { describeWriteFailure } from './describe-failure.js';
import { descriptorOf } from './descriptor-of.js';
import { LockFile } from './lock-file.js';
import { outputProblem } from './output-problem.js';
import { realTarget } from './real-target.js';
import { removeTemporaries } from './temporary-file.js';

/** Locks that are held, until they are released. */
export interface OutputLocks {
  /** Removes the lock files. May be called again. */
  release(): void;
}

/** In a folder where nothing may be made there is no lock; whether the output can be written shows when it is opened. */
const lockless = new Set(['EACCES', 'EPERM', 'EROFS', 'ENOENT', 'ENOTDIR', 'ENAMETOOLONG']);

/** The lock file of an output: `.NAME.lock` beside it. Null for what needs none: stdout, a device, a pipe. */
export function lockFileOf(path: string): string | null {
  const target = path === '-' || descriptorOf(path) !== null ? null : realTarget(path);
  return target === null ? null : join(dirname(target), `.${basename(target)}.lock`);
}

/**
 * Keeps other processes from writing the same outputs: a lock file beside each says who writes it, and is touched every
 * few seconds as a sign of life. The lock of a process that has ended, or that cannot be looked up and has been silent
 * for 30 s, is taken over, and the temporary files that it left are removed. The locks also go when the process exits
 * without a word.
 * @param onLoss called once where another process has taken a lock over: what it guarded must not be written any more
 * @throws OutputError where another process holds one of them; none is held then
 */
export async function lockOutputs(
  paths: readonly string[],
  onLoss: (error: OutputError) => void = () => {},
): Promise<OutputLocks> {
  const held = new Map<string, LockFile>();
  const release = () => {
    for (const lock of held.values()) lock.release();
    held.clear();
    process.removeListener('exit', release);
  };
  process.once('exit', release);
  try {
    for (const path of paths) {
      const file = lockFileOf(path);
      if (file === null || held.has(file)) continue;
      const lock = await acquire(path, file, onLoss);
      if (lock) held.set(file, lock);
    }
  } catch (error) {
    release();
    throw error;
  }
  return { release };
}

async function acquire(path: string, file: string, onLoss: (error: OutputError) => void): Promise<LockFile | null> {
  const lost = (holder: string) => outputProblem(path, `is now written by ${holder}, which has taken it over`);
  try {
    const lock = await LockFile.acquire(file, (holder) => onLoss(lost(holder)));
    if (!(lock instanceof LockFile)) throw outputProblem(path, `is being written by ${lock.holder}; ${lock.remedy}`);
    removeTemporaries(join(dirname(file), basename(file).slice(1, -'.lock'.length)));
    return lock;
  } catch (error) {
    if (error instanceof OutputError) throw error;
    if (lockless.has(systemCodeOf(error) ?? '')) return null;
    throw outputProblem(path, describeWriteFailure(error, dirname(path)), { cause: error });
  }
}
