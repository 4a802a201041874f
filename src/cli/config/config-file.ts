import { z } from 'zod';
import type { TokenPrice } from '../../analysis/summary.js';
import { type LongStrategy, longStrategies } from '../../classify/long-texts/long-strategy.js';
import { ConfigError } from '../../foundation/errors/common-errors.js';
import { describeIssue } from '../../foundation/text/message-text.js';
import { parseDuration } from './duration.js';
import { type ProviderName, providerNames } from './provider-names.js';
import { parseRate } from './rate.js';
import { parseSize } from './size.js';

const duration = z.string().transform((text, context) => {
  const ms = parseDuration(text);
  if (ms === undefined || ms <= 0) {
    context.addIssue({ code: 'custom', message: `must be a duration such as 500ms, 30s or 2m, but is '${text}'` });
    return z.NEVER;
  }
  return ms;
});

const rate = z.string().transform((text, context) => {
  const perSecond = parseRate(text);
  if (perSecond === undefined) {
    context.addIssue({ code: 'custom', message: `must be a rate such as 10/s or 600/min, but is '${text}'` });
    return z.NEVER;
  }
  return perSecond;
});

const price = z.strictObject({
  prompt_per_million: z.number().min(0),
  completion_per_million: z.number().min(0),
  currency: z.string().min(1).max(10).optional(),
});

const model = z.strictObject({
  name: z.string().min(1),
  capabilities: z
    .strictObject({ chat: z.strictObject({ max_tokens: z.int().min(1).optional() }).optional() })
    .optional(),
});

/** One address, or several: a pool. */
const baseUrl = z.union(
  [
    z
      .string()
      .min(1)
      .transform((url) => [url]),
    z.array(z.string().min(1)).min(1),
  ],
  {
    error: 'must be the address of a server, or a list of addresses',
  },
);

const provider = z.strictObject({
  name: z
    .enum(providerNames, { error: ({ input }) => `must be one of ${providerNames.join(', ')}, but is '${input}'` })
    .optional(),
  base_url: baseUrl.optional(),
  model: model.optional(),
});

const retry = z.strictObject({
  max_retries: z.int().min(0).max(100).optional(),
  initial_backoff: duration.optional(),
  max_backoff: duration.optional(),
  max_server_wait: duration.optional(),
  jitter: z.boolean().optional(),
});

const client = z.strictObject({
  timeout: duration.optional(),
  rate: rate.optional(),
  token_rate: rate.optional(),
  retry: retry.optional(),
  long: z.enum(longStrategies).optional(),
  probabilities: z.boolean().optional(),
  provider: provider.optional(),
  model: model.optional(),
});

const parallel = z.strictObject({
  max_workers: z.int().min(0).optional(),
  worker_cap: z.int().min(1).optional(),
  adaptive: z.boolean().optional(),
  fail_fast: z.boolean().optional(),
  observer: z.string().optional(),
});

const size = z.string().transform((text, context) => {
  const bytes = parseSize(text);
  if (bytes === undefined) {
    context.addIssue({ code: 'custom', message: `must be a size such as 500MB or 2GB, but is '${text}'` });
    return z.NEVER;
  }
  return bytes;
});

const cache = z.strictObject({ max_age: duration.optional(), max_size: size.optional() });

const store = z.strictObject({ path: z.string().min(1).optional(), cache: cache.optional() });

const fileSchema = z.strictObject({
  name: z.string().min(1).optional(),
  system_prompt: z.string().min(1).optional(),
  client: client.optional(),
  provider: provider.optional(),
  model: model.optional(),
  parallel: parallel.optional(),
  store: store.optional(),
  prices: z.record(z.string(), price).optional(),
});

/** The keys that are known at each place, for suggestions. */
const knownKeys: Readonly<Record<string, readonly string[]>> = {
  '': Object.keys(fileSchema.shape),
  client: Object.keys(client.shape),
  retry: Object.keys(retry.shape),
  provider: Object.keys(provider.shape),
  model: Object.keys(model.shape),
  capabilities: ['chat'],
  chat: ['max_tokens'],
  parallel: Object.keys(parallel.shape),
  price: Object.keys(price.shape),
  store: Object.keys(store.shape),
  cache: Object.keys(cache.shape),
};

/** What a million tokens cost, by model. */
export type Prices = Readonly<Record<string, TokenPrice>>;

/** What a configuration file says; what it leaves out is undefined. Times are in milliseconds. */
export interface FileConfig {
  readonly name?: string | undefined;
  readonly systemPrompt?: string | undefined;
  readonly itemTimeoutMs?: number | undefined;
  readonly maxRetries?: number | undefined;
  readonly initialBackoffMs?: number | undefined;
  readonly maxBackoffMs?: number | undefined;
  readonly maxServerWaitMs?: number | undefined;
  readonly jitter?: boolean | undefined;
  /** Questions per second. */
  readonly rate?: number | undefined;
  /** Tokens per second. */
  readonly tokenRate?: number | undefined;
  readonly long?: LongStrategy | undefined;
  readonly probabilities?: boolean | undefined;
  readonly prices?: Prices | undefined;
  readonly provider?: ProviderName | undefined;
  readonly hosts?: readonly string[] | undefined;
  readonly model?: string | undefined;
  readonly maxTokens?: number | undefined;
  readonly workers?: number | undefined;
  readonly workerCap?: number | undefined;
  readonly adaptive?: boolean | undefined;
  readonly failFast?: boolean | undefined;
  readonly observer?: string | undefined;
  readonly store?: string | undefined;
  readonly cacheMaxAgeMs?: number | undefined;
  readonly cacheMaxBytes?: number | undefined;
}

/**
 * Parses the text of a configuration file; provider and model may stand under `client` or at the top level.
 * @throws ConfigError that names the key, and the nearest known one where it is unknown
 */
export function parseConfig(text: string, path: string): FileConfig {
  let raw: unknown;
  try {
    raw = JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch (cause) {
    throw new ConfigError(path, `is no JSON: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
  const checked = fileSchema.safeParse(raw);
  if (!checked.success)
    throw new ConfigError(
      path,
      checked.error.issues.map((issue) => describeIssue(issue, 'the file', knownKeysAt)).join('; '),
    );
  return flatten(checked.data, path);
}

function flatten(file: z.infer<typeof fileSchema>, path: string): FileConfig {
  const server = only('provider', [file.provider, file.client?.provider], path);
  const chosen = only('model', [file.model, file.client?.model, server?.model], path);
  const { timeout, retry: pauses, rate: perSecond, token_rate: tokensPerSecond } = file.client ?? {};
  return {
    name: file.name,
    systemPrompt: file.system_prompt,
    itemTimeoutMs: timeout,
    maxRetries: pauses?.max_retries,
    initialBackoffMs: pauses?.initial_backoff,
    maxBackoffMs: pauses?.max_backoff,
    maxServerWaitMs: pauses?.max_server_wait,
    jitter: pauses?.jitter,
    rate: perSecond,
    tokenRate: tokensPerSecond,
    long: file.client?.long,
    probabilities: file.client?.probabilities,
    prices: file.prices && pricesOf(file.prices),
    provider: server?.name,
    hosts: server?.base_url,
    model: chosen?.name,
    maxTokens: chosen?.capabilities?.chat?.max_tokens,
    workers: file.parallel?.max_workers,
    workerCap: file.parallel?.worker_cap,
    adaptive: file.parallel?.adaptive,
    failFast: file.parallel?.fail_fast,
    observer: file.parallel?.observer,
    store: file.store?.path,
    cacheMaxAgeMs: file.store?.cache?.max_age,
    cacheMaxBytes: file.store?.cache?.max_size,
  };
}

function pricesOf(prices: Readonly<Record<string, z.infer<typeof price>>>): Prices {
  return Object.fromEntries(
    Object.entries(prices).map(([name, { prompt_per_million, completion_per_million, currency = 'USD' }]) => [
      name,
      { promptPerMillion: prompt_per_million, completionPerMillion: completion_per_million, currency },
    ]),
  );
}

function only<T>(what: string, places: readonly (T | undefined)[], path: string): T | undefined {
  const given = places.filter((place) => place !== undefined);
  if (given.length > 1) throw new ConfigError(path, `names the ${what} more than once; keep one of the places`);
  return given[0];
}

function knownKeysAt(path: readonly PropertyKey[]): readonly string[] {
  return knownKeys[path.at(-2) === 'prices' ? 'price' : String(path.at(-1) ?? '')] ?? [];
}
