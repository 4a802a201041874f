import { z } from 'zod';
import { ConfigError, nearestName } from '../errors/index.js';
import { parseDuration } from './duration.js';

const duration = z.string().transform((text, context) => {
  const ms = parseDuration(text);
  if (ms === undefined || ms <= 0) {
    context.addIssue({ code: 'custom', message: `must be a duration such as 500ms, 30s or 2m, but is '${text}'` });
    return z.NEVER;
  }
  return ms;
});

const model = z.strictObject({
  name: z.string().min(1),
  capabilities: z
    .strictObject({ chat: z.strictObject({ max_tokens: z.int().min(1).optional() }).optional() })
    .optional(),
});

const provider = z.strictObject({
  name: z.string().min(1).optional(),
  base_url: z.string().min(1).optional(),
  model: model.optional(),
});

const retry = z.strictObject({
  max_retries: z.int().min(0).max(100).optional(),
  initial_backoff: duration.optional(),
  max_backoff: duration.optional(),
  jitter: z.boolean().optional(),
});

const client = z.strictObject({
  timeout: duration.optional(),
  retry: retry.optional(),
  provider: provider.optional(),
  model: model.optional(),
});

const parallel = z.strictObject({
  max_workers: z.int().min(0).optional(),
  worker_cap: z.int().min(1).optional(),
  fail_fast: z.boolean().optional(),
  observer: z.string().optional(),
});

const fileSchema = z.strictObject({
  name: z.string().min(1).optional(),
  system_prompt: z.string().min(1).optional(),
  client: client.optional(),
  provider: provider.optional(),
  model: model.optional(),
  parallel: parallel.optional(),
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
};

/** What a configuration file says; what it leaves out is undefined. Times are in milliseconds. */
export interface FileConfig {
  readonly name?: string | undefined;
  readonly systemPrompt?: string | undefined;
  readonly itemTimeoutMs?: number | undefined;
  readonly maxRetries?: number | undefined;
  readonly initialBackoffMs?: number | undefined;
  readonly maxBackoffMs?: number | undefined;
  readonly jitter?: boolean | undefined;
  readonly provider?: string | undefined;
  readonly host?: string | undefined;
  readonly model?: string | undefined;
  readonly maxTokens?: number | undefined;
  readonly workers?: number | undefined;
  readonly workerCap?: number | undefined;
  readonly failFast?: boolean | undefined;
  readonly observer?: string | undefined;
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
  if (!checked.success) throw new ConfigError(path, checked.error.issues.map(describeIssue).join('; '));
  return flatten(checked.data, path);
}

function flatten(file: z.infer<typeof fileSchema>, path: string): FileConfig {
  const server = only('provider', [file.provider, file.client?.provider], path);
  const chosen = only('model', [file.model, file.client?.model, server?.model], path);
  const { timeout, retry: pauses } = file.client ?? {};
  return {
    name: file.name,
    systemPrompt: file.system_prompt,
    itemTimeoutMs: timeout,
    maxRetries: pauses?.max_retries,
    initialBackoffMs: pauses?.initial_backoff,
    maxBackoffMs: pauses?.max_backoff,
    jitter: pauses?.jitter,
    provider: server?.name,
    host: server?.base_url,
    model: chosen?.name,
    maxTokens: chosen?.capabilities?.chat?.max_tokens,
    workers: file.parallel?.max_workers,
    workerCap: file.parallel?.worker_cap,
    failFast: file.parallel?.fail_fast,
    observer: file.parallel?.observer,
  };
}

function only<T>(what: string, places: readonly (T | undefined)[], path: string): T | undefined {
  const given = places.filter((place) => place !== undefined);
  if (given.length > 1) throw new ConfigError(path, `names the ${what} more than once; keep one of the places`);
  return given[0];
}

function describeIssue(issue: z.core.$ZodIssue): string {
  const path = issue.path.join('.');
  if (issue.code !== 'unrecognized_keys') return `${path || 'the file'}: ${issue.message}`;
  const known = knownKeys[String(issue.path.at(-1) ?? '')] ?? [];
  return issue.keys
    .map((key) => {
      const near = nearestName(key, known) ?? known.join(', ');
      return `unknown key '${path ? `${path}.` : ''}${key}' (nearest known: ${near})`;
    })
    .join('; ');
}
