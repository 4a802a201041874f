import { UsageError } from '../foundation/errors/common-errors.js';
import { publicAddress } from '../model/http/address.js';
import { defaultConfigFile, loadConfig } from './config/load-config.js';
import { resolveSettings, type Settings } from './config/settings.js';
import { type AnalyzeFlags, type CommonFlags, givenSettings } from './flags.js';
import type { Io } from './io.js';
import type { Terminal } from './terminal.js';

/**
 * The settings of a command: its flags, the environment, the configuration file, the defaults.
 * @param defaultConfig the file that is loaded where none is named; left out: `chorale.config.json` where it exists
 * @throws ConfigError
 */
export async function loadSettings(
  flags: CommonFlags & Pick<AnalyzeFlags, 'failFast' | 'store'>,
  terminal: Terminal,
  defaultConfig?: string,
): Promise<Settings> {
  const { env } = terminal.io;
  const { OLLAMA_HOST: ollama, OPENAI_BASE_URL: openai } = env;
  const given = { ...givenSettings(flags), probabilities: flags.probabilities ?? probabilitiesOf(env) };
  const named = flags.config ?? defaultConfig;
  const settings = resolveSettings(
    given,
    await loadConfig(named),
    { ollama, openai },
    { foundFile: named === undefined },
  );
  if (settings.provider === 'openai' && !settings.trustsHosts && env.OPENAI_API_KEY) {
    terminal.log(
      `warning: OPENAI_API_KEY is not sent to ${settings.hosts.map(publicAddress).join(', ')}: the address comes from ${defaultConfigFile}, which lies in this folder; name it with --config ${defaultConfigFile}, or give --host, to send the key`,
    );
  }
  return { ...settings, apiKey: settings.trustsHosts ? env.OPENAI_API_KEY : undefined };
}

/** `CHORALE_PROBABILITIES`: an empty one counts as not set. @throws UsageError */
function probabilitiesOf({ CHORALE_PROBABILITIES: value = '' }: Io['env']): boolean | undefined {
  if (value === '') return undefined;
  if (value === 'true' || value === 'false') return value === 'true';
  throw new UsageError(`CHORALE_PROBABILITIES must be true or false, but is '${value}'`);
}
