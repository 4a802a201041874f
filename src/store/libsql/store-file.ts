import {
  accessSync,
  chmodSync,
  closeSync,
  constants,
  existsSync,
  fchmodSync,
  mkdirSync,
  openSync,
  rmSync,
  statSync,
} from 'node:fs';
import { dirname, resolve } from 'node:path';
import { StoreError } from '../../analysis/store-errors.js';
import { systemCodeOf } from '../../foundation/errors/chorale-error.js';
import { toStoreError } from './sqlite-errors.js';

/** The files of a database: the log, and the memory that those who use it share, lie beside it. */
const endings = ['', '-wal', '-shm'];
const ownerOnly = 0o600;

/** Creates an empty file that only its owner may read, whatever the umask is. An existing file stays unchanged. */
export function createPrivateFile(path: string): void {
  let descriptor: number;
  try {
    descriptor = openSync(path, 'wx', ownerOnly);
  } catch (error) {
    if (systemCodeOf(error) === 'EEXIST') return;
    throw error;
  }
  try {
    fchmodSync(descriptor, ownerOnly);
  } finally {
    closeSync(descriptor);
  }
}

/** Creates a folder that only its owner may enter, whatever the umask is. An existing folder stays unchanged. */
export function createPrivateFolder(folder: string): void {
  const first = mkdirSync(folder, { recursive: true, mode: 0o700 });
  if (first !== undefined) chmodSync(folder, 0o700);
}

/**
 * Takes away what others may do with the files of a database, where they are this user's. A group keeps its rights where it
 * is not the user's own one: then somebody shares the file on purpose.
 */
export function keepPrivate(path: string): void {
  for (const ending of endings) {
    try {
      const { uid, gid, mode } = statSync(`${path}${ending}`);
      if (uid !== process.getuid?.()) continue;
      const kept = mode & (gid === process.getgid?.() ? 0o700 : 0o770);
      if (kept !== (mode & 0o777)) chmodSync(`${path}${ending}`, kept);
    } catch {
      // What is not there, or cannot be changed, stays.
    }
  }
}

/** Whether the database can be written: its log is made in its folder. */
export function isWritable(path: string): boolean {
  return [path, folderOf(path)].every((one) => !existsSync(one) || mayWrite(one));
}

/**
 * Creates the file of a database if there is none. Only its owner can read it: the answers to reviews are in it.
 * @throws StoreError if it cannot be created or written
 */
export function createDatabaseFile(path: string): void {
  if (!isWritable(path)) {
    const remedy = 'make the file and its folder writable, or choose another path';
    throw new StoreError(path, 'the file cannot be written', remedy);
  }
  try {
    createPrivateFile(path);
  } catch (error) {
    throw toStoreError(path, error);
  }
}

function mayWrite(path: string): boolean {
  try {
    accessSync(path, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

export function folderOf(path: string): string {
  return dirname(resolve(path));
}

export function removeFile(path: string): void {
  rmSync(path, { force: true });
}

/** Tells whether a path still names the same file; null if there is none. */
export function fileIdentity(path: string): string | null {
  const found = statSync(path, { bigint: true, throwIfNoEntry: false });
  return found === undefined ? null : `${found.dev}:${found.ino}`;
}
