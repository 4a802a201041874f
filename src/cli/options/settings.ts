import { defaults } from '../../foundation/defaults.js';
import { UsageError } from '../../foundation/errors/chorale-error.js';
import type { RetryPolicy } from '../../foundation/retry.js';
import { publicAddress } from '../../model/http/address.js';
import { publicHostUrl } from '../../model/ollama/host-url.js';
import type { Terminal } from '../terminal.js';
import { type FileConfig, loadConfig, type Prices } from './config-file.js';
import { type OptionName, optionTable, type Resolved, type Values } from './option-table.js';
import { defaultOf } from './parse-options.js';
import { defaultConfigFile } from './read-config.js';
import { adaptiveCap, defaultModel, type ProviderName } from './run-options.js';

type PerProvider = { readonly [P in ProviderName]?: string | undefined };

const defaultModels: PerProvider = { ollama: defaultModel };
const defaultHosts: PerProvider = { ollama: defaults.ollamaHost, openai: defaults.openaiHost };

/** The environment variables of the keys. */
const keyVariables: PerProvider = { ollama: 'OLLAMA_API_KEY', openai: 'OPENAI_API_KEY' };

/** In the order in which runs record them. */
const plainNames = [
  ...(['name', 'provider', 'model', 'hosts', 'prompt', 'labels', 'vars', 'systemPrompt', 'maxTokens'] as const),
  ...(['workers', 'workerCap', 'adaptive', 'failFast', 'itemTimeoutMs', 'long', 'probabilities'] as const),
  ...(['rate', 'tokenRate', 'observer', 'store', 'cacheMaxAgeMs', 'cacheMaxBytes'] as const),
] as const satisfies readonly OptionName[];

const settingNames = [
  ...plainNames,
  ...(['maxRetries', 'initialBackoffMs', 'maxBackoffMs', 'jitter', 'maxServerWaitMs'] as const),
  'repair',
] as const satisfies readonly OptionName[];

type ResolvedApart = 'provider' | 'model' | 'hosts' | 'workers' | 'workerCap';

/** What flags and environment say of the settings. */
type GivenSettings = Values<(typeof settingNames)[number]>;

/** What a configuration file says of inputs and outputs: how text is read, and how it begins. */
type FileReading = Values<'delimiter' | 'encoding' | 'blank' | 'bom'>;

/** Everything that can be set in more than one place. Times in milliseconds. */
export interface Settings extends Resolved<Exclude<(typeof plainNames)[number], ResolvedApart>> {
  readonly provider: ProviderName;
  /** Undefined if none is named and the provider has no default. */
  readonly model: string | undefined;
  /** The servers, as they were written; empty if none is named and the provider has no default. */
  readonly hosts: readonly string[];
  /** Whether the user named the servers, or they are the provider's own: a key may be sent there. */
  readonly trustsHosts: boolean;
  /** Undefined if the hosts are not trusted with it. Never recorded. */
  readonly apiKey: string | undefined;
  /** 0: automatic. */
  readonly workers: number;
  readonly workerCap: number;
  readonly retry: RetryPolicy;
  /** False: a wrong answer is not requested once more. */
  readonly repair?: false;
  /** Empty: no price is known, and no cost is reported. */
  readonly prices: Prices;
  /** Of the file only: options are looked at where they count. */
  readonly reading: FileReading;
}

/**
 * Flag, else environment, else file, else default. What a file says of another provider's model and address does not count.
 * @param given flags, and the environment if there is no flag
 * @param variables addresses from variables that belong to one provider, such as `OLLAMA_HOST`
 * @param options.foundFile the file was not named but found in the folder: somebody else may have put it there
 */
export function resolveSettings(
  given: GivenSettings,
  file: FileConfig,
  variables: PerProvider = {},
  { foundFile = false, keys = {} }: { readonly foundFile?: boolean; readonly keys?: PerProvider } = {},
): Settings {
  const all: Values<OptionName> = Object.fromEntries(
    settingNames.map((name) => [name, given[name] ?? file[name] ?? defaultOf(name)]),
  );
  const plain = Object.fromEntries(plainNames.map((name) => [name, all[name]])) as Resolved<
    (typeof plainNames)[number]
  >;
  const provider = all.provider ?? 'ollama';
  const { model, hosts } = file.provider === undefined || file.provider === provider ? file : {};
  const variable = variables[provider];
  const defaultHost = defaultHosts[provider];
  const namedHosts = given.hosts ?? (variable ? [variable] : undefined);
  const trustsHosts =
    namedHosts !== undefined || hosts === undefined || !foundFile || hosts.every((one) => one === defaultHost);
  return {
    ...plain,
    provider,
    model: given.model ?? model ?? defaultModels[provider],
    hosts: namedHosts ?? hosts ?? (defaultHost ? [defaultHost] : []),
    trustsHosts,
    apiKey: trustsHosts ? keys[provider] : undefined,
    workers: all.workers ?? 0,
    workerCap: all.workerCap ?? (plain.adaptive ? adaptiveCap : defaults.workerCap),
    retry: {
      maxRetries: all.maxRetries ?? 0,
      initialBackoffMs: all.initialBackoffMs ?? 0,
      maxBackoffMs: all.maxBackoffMs ?? 0,
      jitter: all.jitter ?? true,
      maxServerWaitMs: all.maxServerWaitMs ?? Number.POSITIVE_INFINITY,
    },
    ...(all.repair === false ? { repair: false as const } : {}),
    prices: file.prices ?? {},
    reading: file,
  };
}

/**
 * The settings of a command: its flags, the environment, the configuration file, the defaults.
 * @param defaultConfig the file that is loaded if none is named; by default `chorale.config.json` if it exists
 * @throws ConfigError
 */
export async function loadSettings(
  flags: GivenSettings & Values<'config'>,
  terminal: Terminal,
  defaultConfig?: string,
): Promise<Settings> {
  const { OLLAMA_HOST: ollama, OPENAI_BASE_URL: openai } = terminal.io.env;
  const { OLLAMA_API_KEY: ofOllama, OPENAI_API_KEY: ofOpenai } = terminal.io.env;
  const keys: PerProvider = { ollama: ofOllama, openai: ofOpenai };
  const named = flags.config ?? defaultConfig;
  const origin = { foundFile: named === undefined, keys };
  const settings = resolveSettings(flags, await loadConfig(named), { ollama, openai }, origin);
  const variable = keyVariables[settings.provider];
  if (variable !== undefined && !settings.trustsHosts && keys[settings.provider]) {
    terminal.log(
      `warning: ${variable} is not sent to ${settings.hosts.map(publicAddress).join(', ')}: the address comes from ${defaultConfigFile}, which lies in this folder; name it with --config ${defaultConfigFile}, or give --host, to send the key`,
    );
  }
  return settings;
}

/** The number of requests in flight at once. */
export function workersOf({ adaptive, workerCap, hosts, workers }: Settings) {
  return { workers: adaptive ? workerCap * Math.max(1, hosts.length) : workers, workerCap };
}

/** The settings as a run records them: without credentials, prices and the place of the store. */
export function recordedSettings(settings: Settings) {
  const {
    provider,
    hosts,
    trustsHosts: _,
    apiKey: __,
    prices: ___,
    store: ____,
    reading: _____,
    retry,
    vars,
    ...plain
  } = settings;
  return {
    provider,
    hosts: publicHosts({ provider, hosts }),
    ...plain,
    ...(vars && { vars: Object.fromEntries(vars) }),
    ...retry,
  };
}

/** The addresses of the servers without credentials, as they may be shown and recorded. */
export function publicHosts({ provider, hosts }: Pick<Settings, 'provider' | 'hosts'>): readonly string[] {
  return hosts.map((host) => (provider === 'ollama' ? publicHostUrl(host) : publicAddress(host)));
}

/** The value of `--prompt` that has the prompts of chorale tried. */
export const autoPrompt = 'auto';

/** Whether a provider reads the review only. */
export function readsNoPrompt({ provider }: Pick<Settings, 'provider'>): boolean {
  return provider === 'lexicon' || provider === 'http';
}

/** Rejects `auto` if the provider reads no prompt. @throws UsageError */
export function requirePromptReader({ prompt, provider }: Pick<Settings, 'prompt' | 'provider'>): void {
  if (prompt !== autoPrompt || !readsNoPrompt({ provider })) return;
  throw new UsageError(`--prompt auto tries prompts, and --provider ${provider} reads none: leave it out`);
}

/**
 * The settings with token probabilities, where a command has to have them: to fit a confidence, or to write them.
 * @throws UsageError if they are forbidden
 */
export function requestProbabilities(
  settings: Settings,
  { calibrate, outProbabilities }: Values<'calibrate' | 'outProbabilities'>,
): Settings {
  if (calibrate === undefined && outProbabilities === undefined) return settings;
  if (settings.probabilities !== false) return { ...settings, probabilities: true };
  const option = calibrate === undefined ? '--out-probabilities' : '--calibrate';
  throw new UsageError(`${option} needs token probabilities: give it without --no-probabilities`);
}

/** The settings with a prompt that can be loaded, for what is the same with every prompt. */
export function withoutAuto(settings: Settings): Settings {
  return settings.prompt === autoPrompt ? { ...settings, prompt: optionTable.prompt.default } : settings;
}
