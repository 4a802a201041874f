import { readFile } from 'node:fs/promises';
import { systemCodeOf } from '../../foundation/errors/chorale-error.js';
import { ConfigError } from '../../foundation/errors/common-errors.js';
import { type ExperimentFile, parseExperimentFile } from './experiment-file.js';

/** Loads an experiment file. @throws ConfigError */
export async function loadExperiment(path: string): Promise<ExperimentFile> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (cause) {
    const code = systemCodeOf(cause);
    throw new ConfigError(path, code === 'ENOENT' ? 'no such file' : `cannot be read (${String(code)})`, { cause });
  }
  return parseExperimentFile(text, path);
}
