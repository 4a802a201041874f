import { readFile } from 'node:fs/promises';
import { systemCodeOf } from '../../foundation/errors/chorale-error.js';
import { ConfigError } from '../../foundation/errors/common-errors.js';
import { type FileConfig, parseConfig } from './config-file.js';

/** The configuration file that is used where none is named. */
export const defaultConfigFile = 'chorale.config.json';

/**
 * Loads a configuration file. Without a name the default file is loaded where it exists.
 * @throws ConfigError
 */
export async function loadConfig(path: string | undefined): Promise<FileConfig> {
  const file = path ?? defaultConfigFile;
  try {
    return parseConfig(await readFile(file, 'utf8'), file);
  } catch (error) {
    if (error instanceof ConfigError) throw error;
    const code = systemCodeOf(error);
    if (code === 'ENOENT' && path === undefined) return {};
    throw new ConfigError(file, code === 'ENOENT' ? 'no such file' : `cannot be read (${String(code)})`, {
      cause: error,
    });
  }
}
