import { lstat, realpath } from 'node:fs/promises';
import { isAbsolute, resolve } from 'node:path';
import { InputError } from './data-errors.js';
import { splitSheet, withSheet } from './data-format.js';

/**
 * The files that inputs stand for. What exists is a path, whatever characters it has; anything else with `*`, `?`, `[`,
 * `{` or `(` in it is a pattern (`**` is any folders), and stands for the files that it matches, in the order of their
 * code units. Folders, and names that begin with a dot, are not matched. A file that a pattern matches comes once, where
 * it is named first; one that is named in full comes as often as that. The sheet
 * after a `#` is no part of a pattern.
 * @throws InputError if nothing matches a pattern
 */
export async function expandInputs(inputs: readonly string[]): Promise<readonly string[]> {
  const files: string[] = [];
  const named = new Set<string>();
  const matched = new Set<string>();
  for (const input of inputs) {
    const { path: given, sheet } = splitSheet(input);
    const isPattern = /[*?[{(]/.test(given) && !(await exists(given));
    for (const path of isPattern ? await matchesOf(given) : [given]) {
      const real = withSheet(await realpath(path).catch(() => resolve(path)), sheet);
      if (!matched.has(real) && !(isPattern && named.has(real))) files.push(withSheet(path, sheet));
      (isPattern ? matched : named).add(real);
    }
  }
  return files;
}

async function matchesOf(input: string): Promise<readonly string[]> {
  const { glob } = await import('tinyglobby');
  // In a pattern a backslash takes the meaning from the character after it; in a path of Windows it separates.
  const pattern = process.platform === 'win32' ? input.replaceAll('\\', '/') : input;
  const found = await glob(pattern, { absolute: isAbsolute(input), expandDirectories: false });
  if (found.length > 0) return found.sort();
  throw new InputError({ path: input }, 'there is no such file, and no file that matches it as a pattern');
}

async function exists(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    () => false,
  );
}
