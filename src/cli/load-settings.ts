import { loadConfig, resolveSettings, type Settings } from '../config/index.js';
import { type AnalyzeFlags, type CommonFlags, givenSettings } from './flags.js';

/**
 * The settings of a command: its flags, the environment, the configuration file, the defaults.
 * @param defaultConfig the file that is loaded where none is named; left out: `chorale.config.json` where it exists
 * @throws ConfigError
 */
export async function loadSettings(
  flags: CommonFlags & Pick<AnalyzeFlags, 'failFast' | 'store'>,
  defaultConfig?: string,
): Promise<Settings> {
  const { OLLAMA_HOST: ollama, OPENAI_BASE_URL: openai } = process.env;
  return resolveSettings(givenSettings(flags), await loadConfig(flags.config ?? defaultConfig), { ollama, openai });
}
