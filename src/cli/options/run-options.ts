import type { LongStrategy } from '../../classify/long-texts/long-strategy.js';
import { defaults } from '../../foundation/defaults.js';
import { flag, type OptionDefinition, setting } from './option-definition.js';

/** Providers that answer. */
export const providerNames = ['ollama', 'openai', 'http', 'lexicon'] as const;

export type ProviderName = (typeof providerNames)[number];

const longNames = ['fail', 'head', 'tail', 'head-tail', 'split'] as const satisfies readonly LongStrategy[];

/** The model of `--provider ollama`. */
export const defaultModel = 'llama3.2:3b';

/** The most in flight on one host where `--adaptive` finds the number. */
export const adaptiveCap = 64;

/** The model, its servers, and how a run asks it. */
export const runOptions = {
  name: setting('text', 'name', 'name of the agent: the source of its events', { default: 'agent' }),
  provider: flag('choice', '--provider <name>', 'provider of the model', {
    env: true,
    key: 'client.provider.name',
    choices: providerNames,
    default: 'ollama',
  }),
  model: flag('text', '--model <name>', 'model', {
    env: true,
    key: 'client.provider.model.name',
    shownDefault: `${defaultModel} for ollama`,
  }),
  models: flag('texts', '--model <name>', 'model; repeatable', {
    env: true,
    shownDefault: `${defaultModel} for ollama`,
  }),
  hosts: flag('hosts', '--host <url>', 'server; repeatable', {
    env: true,
    key: 'client.provider.base_url',
    shownDefault: `for ollama OLLAMA_HOST, else ${defaults.ollamaHost}; for openai OPENAI_BASE_URL, else ${defaults.openaiHost}`,
  }),
  prompt: flag(
    'text',
    '--prompt <name|file>',
    'name of a prompt of chorale, a file, or auto, which tries the prompts of chorale on a few rows',
    { env: true, default: 'sentiment' },
  ),
  ask: flag('text', '--ask <question>', 'a question in place of a prompt; --labels says the possible answers'),
  savePrompt: flag('text', '--save-prompt <file>', 'writes the prompt of --ask to a .prompt file'),
  prompts: flag('texts', '--prompt <name|file>', 'a prompt; repeatable', { env: true, shownDefault: 'sentiment' }),
  labels: flag('labels', '--labels <a,b,c>', 'restricts or replaces the labels of the prompt', { env: true }),
  config: flag('text', '--config <file>', 'configuration JSON', { shownDefault: 'chorale.config.json when present' }),
  systemPrompt: setting('text', 'system_prompt', "precedes the prompt's own instructions"),
  maxTokens: setting(
    'wholeNumber',
    'client.provider.model.capabilities.chat.max_tokens',
    'max output tokens of every answer',
    { shownDefault: "the prompt's", least: 1 },
  ),
  workers: flag('wholeNumber', '--workers <n>', 'number of workers', {
    env: true,
    key: 'parallel.max_workers',
    shownDefault: 'min(2 × CPUs, worker cap, reviews)',
    least: 1,
    inFile: { least: 0 },
  }),
  workerCap: flag('wholeNumber', '--worker-cap <n>', 'maximum number of workers, if --workers is not set', {
    env: true,
    key: 'parallel.worker_cap',
    shownDefault: `${defaults.workerCap}; with --adaptive ${adaptiveCap} for each host`,
    least: 1,
  }),
  adaptive: flag('switch', '--adaptive', 'adjusts the number of requests in flight on each host during the run', {
    key: 'parallel.adaptive',
    default: 'false',
  }),
  failFast: flag('switch', '--fail-fast', 'the first failure stops the run', {
    key: 'parallel.fail_fast',
    default: 'false',
  }),
  observer: setting('text', 'parallel.observer', 'form of --events: noop, pino or text', { default: 'pino' }),
  itemTimeoutMs: flag('duration', '--item-timeout <d>', 'time limit of one review, with all its attempts', {
    env: true,
    key: 'client.timeout',
    default: `${defaults.itemTimeoutMs / 60_000}m`,
  }),
  maxRetries: flag('wholeNumber', '--retries <n>', 'number of retries after a temporary failure', {
    env: true,
    key: 'client.retry.max_retries',
    default: `${defaults.maxRetries}`,
    least: 0,
    inFile: { most: 100 },
  }),
  initialBackoffMs: setting(
    'duration',
    'client.retry.initial_backoff',
    'pause before the first retry; it doubles each time',
    { default: `${defaults.initialBackoffMs / 1_000}s` },
  ),
  maxBackoffMs: setting('duration', 'client.retry.max_backoff', 'longest pause between attempts', {
    default: `${defaults.maxBackoffMs / 1_000}s`,
  }),
  jitter: setting('switch', 'client.retry.jitter', 'random pauses (full jitter)', { default: 'true' }),
  maxServerWaitMs: flag('duration', '--max-wait <d>', 'longest pause that a server may ask for', {
    env: true,
    key: 'client.retry.max_server_wait',
    shownDefault: "what is left of the review's time",
  }),
  rate: flag('rate', '--rate <n/s|n/min>', 'rate limit of requests, over all workers and hosts', {
    env: true,
    key: 'client.rate',
    shownDefault: 'no limit',
  }),
  tokenRate: flag(
    'rate',
    '--token-rate <n/min>',
    'rate limit of prompt and output tokens, over all workers and hosts',
    {
      env: true,
      key: 'client.token_rate',
      shownDefault: 'no limit',
    },
  ),
  long: flag('choice', '--long <how>', 'how to handle reviews that exceed the context window', {
    env: true,
    key: 'client.long',
    choices: longNames,
    default: 'fail',
  }),
  probabilities: flag('switch', '--probabilities', 'requests token probabilities, which give the confidence', {
    env: true,
    key: 'client.probabilities',
    shownDefault: 'as the prompt says',
    off: ['--no-probabilities', 'does not request them: faster, without confidence (env: CHORALE_PROBABILITIES=false)'],
  }),
  repair: {
    type: 'switch',
    off: ['--no-repair', 'does not request a wrong answer once more: the review fails'],
  },
  simulateLatencyMs: flag(
    'duration',
    '--simulate-latency <d>',
    'lexicon only: waits for D per review, to show concurrency',
    { least: 0 },
  ),
  store: flag('text', '--store <file>', 'run store: records runs, so that they can be resumed', {
    env: true,
    key: 'store.path',
    default: '.chorale/runs.db',
  }),
  cacheMaxAgeMs: setting('duration', 'store.cache.max_age', 'maximum age of cached answers', {
    shownDefault: 'any age',
  }),
  cacheMaxBytes: setting('size', 'store.cache.max_size', 'maximum size of the answers that are kept for other runs', {
    default: '1GB',
  }),
  fresh: flag('switch', '--fresh', 'starts over: ignores all recorded answers'),
  tokenLimit: flag('wholeNumber', '--max-tokens <n>', 'most tokens of the run; it stops before it exceeds them', {
    shownDefault: 'no limit',
    least: 1,
  }),
  costLimit: flag('amount', '--max-cost <x>', 'the same for its cost, by the prices of the configuration', {
    shownDefault: 'no limit',
  }),
  timeoutMs: flag('duration', '--timeout <d>', 'time limit of the whole run', { env: true, shownDefault: 'none' }),
} as const satisfies Readonly<Record<string, OptionDefinition>>;
