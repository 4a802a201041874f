import { fileKey } from '../data/file-identity.js';
import { UsageError } from '../foundation/errors/common-errors.js';

/** A file, and what it is, as in `the input`. */
export interface NamedFile {
  readonly path: string;
  readonly what: string;
}

/**
 * Refuses a file to write that is one of the files to keep, or another file to write, under whatever name. `-` is no file.
 * @param written in this order: each is compared with those before it, too
 * @throws UsageError
 */
export function refuseSameFile(kept: readonly NamedFile[], written: readonly NamedFile[]): void {
  const taken = new Map<string, NamedFile>();
  for (const file of kept) {
    const key = keyOf(file);
    if (key !== null) taken.set(key, file);
  }
  for (const file of written) {
    const key = keyOf(file);
    if (key === null) continue;
    const other = taken.get(key);
    if (other !== undefined) {
      throw new UsageError(`${file.path} would replace ${other.what} ${other.path}; choose another file`);
    }
    taken.set(key, file);
  }
}

/** Refuses two outputs that both go to stdout. @param uses the options that may want it, and whether they do */
export function refuseSharedStdout(uses: readonly (readonly [option: string, isUsed: boolean])[]): void {
  const [first, second] = uses.filter(([, isUsed]) => isUsed);
  if (first && second) {
    throw new UsageError(`${first[0]} and ${second[0]} both want stdout; write one of them to a file`);
  }
}

function keyOf({ path }: NamedFile): string | null {
  return path === '-' ? null : fileKey(path);
}
