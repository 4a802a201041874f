import { readdir, readFile } from 'node:fs/promises';
import { basename, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { systemCodeOf } from '../../foundation/errors/chorale-error.js';
import { parsePrompt } from './parse-prompt.js';
import type { Prompt } from './prompt.js';
import { PromptError } from './prompt-error.js';

const folder = fileURLToPath(new URL('../../../prompts/', import.meta.url));
const ending = '.prompt';

/**
 * Loads a prompt: one that comes with chorale by its name (`sentiment`), or a file by its path.
 * @throws PromptError
 */
export async function loadPrompt(nameOrFile: string): Promise<Prompt> {
  const isFile = isPath(nameOrFile);
  const path = promptPath(nameOrFile);
  let source: string;
  try {
    source = await readFile(path, 'utf8');
  } catch (cause) {
    const problem = isFile
      ? `cannot be read (${reasonOf(cause)})`
      : `there is none of this name; known: ${(await promptNames()).join(', ')}; a file needs its path`;
    throw new PromptError(nameOrFile, problem, { cause });
  }
  return parsePrompt(basename(path, ending), source, nameOrFile);
}

/** The file of a prompt: one that comes with chorale by its name, or a file by its path. */
export function promptPath(nameOrFile: string): string {
  return isPath(nameOrFile) ? nameOrFile : `${folder}${nameOrFile}${ending}`;
}

function isPath(nameOrFile: string): boolean {
  return nameOrFile.endsWith(ending) || nameOrFile.includes('/') || nameOrFile.includes(sep);
}

/** Names of the prompts that come with chorale. */
export async function promptNames(): Promise<string[]> {
  const files = await readdir(folder);
  return files
    .filter((file) => file.endsWith(ending))
    .map((file) => basename(file, ending))
    .sort();
}

function reasonOf(cause: unknown): string {
  const code = systemCodeOf(cause);
  if (code === 'ENOENT') return 'no such file';
  if (code === 'EISDIR') return 'it is a directory';
  return code ?? String(cause);
}
