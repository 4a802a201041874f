import { realpathSync } from 'node:fs';
import { resolve } from 'node:path';
import { UsageError } from '../errors/index.js';

/**
 * Refuses an output that would replace an input, or another output. `-` is no file.
 * @param inputs paths, and what each is, as in `the input`
 */
export function refuseSameFile(
  inputs: readonly (readonly [path: string, what: string])[],
  outputs: readonly string[],
): void {
  const isFile = (path: string) => path !== '-';
  const taken = new Map<string, string>();
  for (const [path, what] of inputs) if (isFile(path)) taken.set(realPath(path), `${what} ${path}`);
  for (const path of outputs.filter(isFile)) {
    const other = taken.get(realPath(path));
    if (other !== undefined) throw new UsageError(`${path} would replace ${other}; choose another file`);
    taken.set(realPath(path), `the output ${path}`);
  }
}

function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return resolve(path);
  }
}
