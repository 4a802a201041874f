import { type BigIntStats, existsSync, lstatSync, opendirSync, readlinkSync, realpathSync, statSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';

/** Longest chain of links that is followed. */
const mostLinks = 40;

/** The file that writing to a path changes, links followed; null if it is not a regular file. */
export function realTarget(path: string): string | null {
  const target = finalPath(path);
  try {
    return statSync(target).isFile() ? realpathSync(target) : null;
  } catch {
    // It is not there yet.
  }
  try {
    return join(realpathSync(dirname(target)), basename(target));
  } catch {
    return null;
  }
}

/** The absolute path of a file, or of the missing file that links at last point to. */
export function finalPath(path: string): string {
  let target = resolve(path);
  for (let links = 0; links < mostLinks && !existsSync(target); links += 1) {
    const link = linkOf(target);
    if (link === null) break;
    target = resolve(dirname(target), link);
  }
  return target;
}

/** Where a link points to; null for what is none. */
function linkOf(path: string): string | null {
  try {
    return lstatSync(path).isSymbolicLink() ? readlinkSync(path) : null;
  } catch {
    return null;
  }
}

/** Number of names of a folder that are read to find one with a letter. */
const mostNames = 64;

/**
 * Identifies the file that a path names: two paths name one file, as links or on another mount, where their keys are
 * equal. A file that exists is its device and inode; one that does not is its name in the nearest folder that exists.
 * Null for a device or a pipe, which holds nothing that could be replaced.
 */
export function fileKey(path: string): string | null {
  const target = finalPath(path);
  const found = statOf(target);
  if (found === null) return placeOf(target);
  if (!found.isFile() && !found.isDirectory()) return null;
  // Some file systems have no inodes.
  return found.ino === 0n ? placeOf(realpathSync(target)) : inodeOf(found);
}

function statOf(path: string): BigIntStats | null {
  try {
    return statSync(path, { bigint: true });
  } catch {
    return null;
  }
}

function inodeOf({ dev, ino }: BigIntStats): string {
  return `${dev}:${ino}`;
}

/** The nearest folder that exists, and the names below it. */
function placeOf(target: string): string {
  const names: string[] = [basename(target)];
  for (let folder = dirname(target); ; folder = dirname(folder)) {
    const found = statOf(folder);
    if (found !== null || folder === dirname(folder)) {
      const name = names.join('/');
      const start = found === null || found.ino === 0n ? folder : inodeOf(found);
      return `${start}/${ignoresCase(folder) ? name.normalize().toLowerCase() : name}`;
    }
    names.unshift(basename(folder));
  }
}

/**
 * Whether one file of the folder has its name in upper and in lower case. An empty folder does not show it: the system decides.
 */
function ignoresCase(folder: string): boolean {
  try {
    const names = opendirSync(folder);
    try {
      for (let count = 0; count < mostNames; count += 1) {
        const name = names.readSync()?.name;
        if (name === undefined) break;
        const other = name === name.toUpperCase() ? name.toLowerCase() : name.toUpperCase();
        if (other === name) continue;
        const [found, again] = [statOf(join(folder, name)), statOf(join(folder, other))];
        if (found !== null) return again !== null && inodeOf(again) === inodeOf(found);
      }
    } finally {
      names.closeSync();
    }
  } catch {
    // Neither does a folder that cannot be listed.
  }
  return process.platform === 'darwin' || process.platform === 'win32';
}
