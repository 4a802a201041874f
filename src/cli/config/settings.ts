import type { LongStrategy } from '../../classify/long-texts/long-strategy.js';
import { defaultRetryPolicy, type RetryPolicy } from '../../foundation/retry.js';
import type { FileConfig, Prices } from './config-file.js';
import type { ProviderName } from './provider-names.js';

/** What of a provider's can have a default, or comes from a variable of its own. */
type PerProvider = { readonly [P in ProviderName]?: string | undefined };

/** Everything that can be set in more than one place. Times in milliseconds. */
export interface Settings {
  /** Name of the agent: the source of its events. */
  readonly name: string;
  readonly provider: ProviderName;
  /** Undefined where none is named and the provider has no default. */
  readonly model: string | undefined;
  /** The servers, as they were written; empty where none is named and the provider has no default. */
  readonly hosts: readonly string[];
  /** The user named the servers, or they are the provider's own: a key may be sent there. */
  readonly trustsHosts: boolean;
  /** Undefined where the hosts are not trusted with it. Never recorded. */
  readonly apiKey: string | undefined;
  readonly prompt: string;
  /** Undefined: the prompt's. */
  readonly labels: readonly string[] | undefined;
  /** Put before the prompt's own instructions; undefined: nothing. */
  readonly systemPrompt: string | undefined;
  /** Upper bound of every answer, in tokens; undefined: the prompt's own limit. */
  readonly maxTokens: number | undefined;
  /** 0: automatic. */
  readonly workers: number;
  readonly workerCap: number;
  /** The number in flight is found while the run goes on; `workerCap` is then the most for each host. */
  readonly adaptive: boolean;
  readonly failFast: boolean;
  readonly itemTimeoutMs: number;
  readonly retry: RetryPolicy;
  /** What becomes of reviews that do not fit into the context. */
  readonly long: LongStrategy;
  /** Whether token probabilities are requested; undefined: as the prompt says. */
  readonly probabilities: boolean | undefined;
  /** Questions per second, over all workers and servers; undefined: as many as there are. */
  readonly rate: number | undefined;
  /** Tokens per second; undefined: as many as there are. */
  readonly tokenRate: number | undefined;
  /** Empty: no price is known, and no cost is told. */
  readonly prices: Prices;
  /** Form of `--events`. */
  readonly observer: string;
  /** Path of the file in which runs are kept. */
  readonly store: string;
  /** Answers of other runs that are older are asked again; undefined: however old. */
  readonly cacheMaxAgeMs: number | undefined;
  /** Size of the answers that are kept for other runs. */
  readonly cacheMaxBytes: number;
}

/** What flags and environment say; what is not given is undefined. */
export interface GivenSettings {
  readonly provider?: ProviderName | undefined;
  readonly model?: string | undefined;
  readonly host?: readonly string[] | undefined;
  readonly prompt?: string | undefined;
  readonly labels?: readonly string[] | undefined;
  readonly workers?: number | undefined;
  readonly workerCap?: number | undefined;
  readonly adaptive?: boolean | undefined;
  readonly failFast?: boolean | undefined;
  readonly itemTimeoutMs?: number | undefined;
  readonly retries?: number | undefined;
  readonly maxWaitMs?: number | undefined;
  readonly rate?: number | undefined;
  readonly tokenRate?: number | undefined;
  readonly long?: LongStrategy | undefined;
  readonly probabilities?: boolean | undefined;
  readonly store?: string | undefined;
}

export const defaultModels: PerProvider = { ollama: 'llama3.2:3b' };

export const defaultHosts: PerProvider = { ollama: 'http://127.0.0.1:11434', openai: 'https://api.openai.com/v1' };

export const defaultSettings: Omit<Settings, 'model' | 'hosts' | 'trustsHosts' | 'apiKey'> = {
  name: 'agent',
  provider: 'ollama',
  prompt: 'sentiment',
  labels: undefined,
  systemPrompt: undefined,
  maxTokens: undefined,
  workers: 0,
  workerCap: 16,
  adaptive: false,
  failFast: false,
  itemTimeoutMs: 120_000,
  retry: defaultRetryPolicy,
  long: 'fail',
  probabilities: undefined,
  rate: undefined,
  tokenRate: undefined,
  prices: {},
  observer: 'pino',
  store: '.chorale/runs.db',
  cacheMaxAgeMs: undefined,
  cacheMaxBytes: 1_000_000_000,
};

/** The most in flight on one host where the number is found. */
export const adaptiveCap = 64;

/**
 * Flag, else environment, else file, else default. Flags and environment are merged where the command line is read.
 * What a file says of another provider's model and address does not count.
 * @param variables addresses from variables that belong to one provider, such as `OLLAMA_HOST`
 * @param options.foundFile the file was not named but lay in the folder: somebody else may have put it there
 */
export function resolveSettings(
  given: GivenSettings,
  file: FileConfig,
  variables: PerProvider = {},
  { foundFile = false }: { readonly foundFile?: boolean } = {},
): Settings {
  const defaults = defaultSettings;
  const provider = given.provider ?? file.provider ?? defaults.provider;
  const isFilesProvider = file.provider === undefined || file.provider === provider;
  const { model, hosts } = isFilesProvider ? file : {};
  const adaptive = given.adaptive ?? file.adaptive ?? defaults.adaptive;
  const variable = variables[provider];
  const defaultHost = defaultHosts[provider];
  const namedHosts = given.host ?? (variable ? [variable] : undefined);
  return {
    name: file.name ?? defaults.name,
    provider,
    model: given.model ?? model ?? defaultModels[provider],
    hosts: namedHosts ?? hosts ?? (defaultHost ? [defaultHost] : []),
    trustsHosts:
      namedHosts !== undefined || hosts === undefined || !foundFile || hosts.every((one) => one === defaultHost),
    apiKey: undefined,
    prompt: given.prompt ?? defaults.prompt,
    labels: given.labels,
    systemPrompt: file.systemPrompt,
    maxTokens: file.maxTokens,
    workers: given.workers ?? file.workers ?? defaults.workers,
    workerCap: given.workerCap ?? file.workerCap ?? (adaptive ? adaptiveCap : defaults.workerCap),
    adaptive,
    failFast: given.failFast ?? file.failFast ?? defaults.failFast,
    itemTimeoutMs: given.itemTimeoutMs ?? file.itemTimeoutMs ?? defaults.itemTimeoutMs,
    retry: {
      maxRetries: given.retries ?? file.maxRetries ?? defaults.retry.maxRetries,
      initialBackoffMs: file.initialBackoffMs ?? defaults.retry.initialBackoffMs,
      maxBackoffMs: file.maxBackoffMs ?? defaults.retry.maxBackoffMs,
      jitter: file.jitter ?? defaults.retry.jitter,
      maxServerWaitMs: given.maxWaitMs ?? file.maxServerWaitMs ?? defaults.retry.maxServerWaitMs,
    },
    long: given.long ?? file.long ?? defaults.long,
    probabilities: given.probabilities ?? file.probabilities,
    rate: given.rate ?? file.rate,
    tokenRate: given.tokenRate ?? file.tokenRate,
    prices: file.prices ?? defaults.prices,
    observer: file.observer ?? defaults.observer,
    store: given.store ?? file.store ?? defaults.store,
    cacheMaxAgeMs: file.cacheMaxAgeMs ?? defaults.cacheMaxAgeMs,
    cacheMaxBytes: file.cacheMaxBytes ?? defaults.cacheMaxBytes,
  };
}
