import { randomBytes } from 'node:crypto';
import { lstatSync, readdirSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

/** Names may have 255 bytes on most systems. */
const longestStem = 200;

/** The temporary files of this process that still have such a name. */
const open = new Set<string>();

/**
 * A name for a temporary file beside another one. It is random, so that nobody can have put a file or a link there: open
 * it exclusively. The file is removed when the process exits, unless `forgetTemporary` is called before.
 */
export function temporaryPath(beside: string): string {
  const path = join(dirname(beside), `${stemOf(beside)}${randomBytes(8).toString('hex')}.tmp`);
  if (open.size === 0) process.once('exit', removeOpen);
  open.add(path);
  return path;
}

/** The file has another name by now, or is gone. */
export function forgetTemporary(path: string): void {
  open.delete(path);
  if (open.size === 0) process.removeListener('exit', removeOpen);
}

/**
 * Removes the temporary files that killed processes left beside a file. Call it only where no other process can be
 * writing that file. Links and the files of other users stay.
 */
export function removeTemporaries(beside: string): void {
  const folder = dirname(beside);
  const stem = stemOf(beside);
  try {
    for (const name of readdirSync(folder)) {
      const path = join(folder, name);
      const isTemporary = name.startsWith(stem) && /^[0-9a-f]{16}\.tmp$/.test(name.slice(stem.length));
      if (isTemporary && !open.has(path) && isOwnFile(path)) rmSync(path, { force: true });
    }
  } catch {
    // What cannot be listed or removed does no harm.
  }
}

function isOwnFile(path: string): boolean {
  const found = lstatSync(path, { throwIfNoEntry: false });
  return (
    found?.isFile() === true && found.nlink === 1 && (process.getuid === undefined || found.uid === process.getuid())
  );
}

function stemOf(beside: string): string {
  const name = Buffer.from(basename(beside).replace(/^\./, ''));
  return `.${name.subarray(0, longestStem).toString()}.`;
}

function removeOpen(): void {
  for (const path of open) rmSync(path, { force: true });
}
