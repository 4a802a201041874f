import { StoreError } from '../../analysis/store-errors.js';
import type { Database } from '../libsql/open-database.js';
import { createPrivateFile, createPrivateFolder, fileIdentity, folderOf, removeFile } from '../libsql/store-file.js';

/**
 * Saves what an open database holds whose file was removed or replaced, and closes it. Where nothing has taken its place
 * the file is made again.
 * @returns what happened, for people
 * @throws StoreError if another file has its place, with the path of the copy; or where nothing could be saved
 */
export function saveRemoved(database: Database, session: string): string {
  const { path } = database;
  const isGone = fileIdentity(path) === null;
  const copy = isGone ? path : `${path}.${session.slice(0, 8)}.saved`;
  try {
    createPrivateFolder(folderOf(copy));
    // It may be there from an attempt before.
    if (!isGone) removeFile(copy);
    createPrivateFile(copy);
    database.prepare('VACUUM INTO ?').run(copy);
  } catch (cause) {
    const problem = 'the file was removed while a run wrote it, and what was recorded could not be saved';
    throw new StoreError(path, problem, 'the outputs hold what was answered', { cause });
  }
  if (!isGone) {
    const remedy = `what was recorded is in ${copy}: move it back, and run the same command again`;
    throw new StoreError(path, 'another file has taken its place while a run wrote it', remedy);
  }
  leaveLog(database);
  database.close();
  return `${path} was removed while the run wrote it; it was made again, with everything recorded so far`;
}

/** When the driver closes a file it removes the log by its name, which is that of the new file by then. */
function leaveLog(database: Database): void {
  try {
    database.prepare('PRAGMA journal_mode = DELETE').all();
  } catch {
    // The log is closed; the old file itself need not be writable.
  }
}
