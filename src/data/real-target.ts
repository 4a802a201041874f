import { existsSync, lstatSync, readlinkSync, realpathSync, statSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';

/** So many links may point to each other. */
const mostLinks = 40;

/** The file that writing to a path changes, links followed; null where it is no regular file. */
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
