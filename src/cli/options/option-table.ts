import type { LongStrategy } from '../../classify/long-texts/long-strategy.js';
import { dataFormats, inputEndings, outputEndings } from '../../data/data-format.js';
import type { SplitName } from '../../evaluate/experiment/labelled-rows.js';
import { defaults } from '../../foundation/defaults.js';
import type { Metric } from '../../foundation/statistics/metric-covariance.js';
import type { OptionRule, OptionTypes } from './option-types.js';

/** Providers that answer. */
export const providerNames = ['ollama', 'openai', 'http', 'lexicon'] as const;

export type ProviderName = (typeof providerNames)[number];

const longNames = ['fail', 'head', 'tail', 'head-tail', 'split'] as const satisfies readonly LongStrategy[];
const criteria = ['accuracy', 'macro-f1'] as const satisfies readonly Metric[];
const splits = ['train', 'validation'] as const satisfies readonly SplitName[];

/** An option in every place where it can be set. `--help` loads this file: what it imports imports nothing. */
export interface OptionDefinition extends OptionRule {
  /** How its value is parsed. An option of the type `switch` has no value. */
  readonly type: keyof OptionTypes;
  /** In the syntax of commander; without it, only a configuration file sets the option. */
  readonly flag?: string;
  /** Its help text. */
  readonly help?: string;
  /** The flag that turns it off, and the help text of that flag. */
  readonly off?: readonly [flag: string, help: string];
  /** Whether it has an environment variable: `CHORALE_` and its flag. */
  readonly env?: boolean;
  /** Path in the configuration file. */
  readonly key?: string;
  /** The default value, as it is written in the environment. */
  readonly default?: string;
  /** The default as the help shows it, if it is not a fixed value. */
  readonly shownDefault?: string;
  /** Different restrictions for its value in the configuration file. */
  readonly inFile?: OptionRule;
}

/** The model of `--provider ollama`. */
export const defaultModel = 'llama3.2:3b';

/** The most in flight on one host where `--adaptive` finds the number. */
export const adaptiveCap = 64;

const columnOfText = 'the only column with a usual name, such as text or review';

function flag<T extends keyof OptionTypes, const More extends Partial<OptionDefinition> = object>(
  type: T,
  flag: string,
  help: string,
  more?: More,
) {
  return { type, flag, help, ...more } as { type: T; flag: string; help: string } & More;
}

/** An option that only a configuration file sets. */
function setting<T extends keyof OptionTypes, const More extends Partial<OptionDefinition> = object>(
  type: T,
  key: string,
  help: string,
  more?: More,
) {
  return { type, key, help, ...more } as { type: T; key: string; help: string } & More;
}

/** All options, by the names that code uses. Durations are in milliseconds. */
export const optionTable = {
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
  timeoutMs: flag('duration', '--timeout <d>', 'time limit of the whole run', { env: true, shownDefault: 'none' }),
  limit: flag('wholeNumber', '--limit <n>', 'only the first N rows', { least: 1 }),
  sample: flag('wholeNumber', '--sample <n>', 'only N random rows', { least: 1 }),
  seed: flag('wholeNumber', '--seed <s>', 'seed of --sample', {
    env: true,
    shownDefault: `${defaults.seed}`,
    least: 0,
  }),
  text: flag('text', '--text <column>', 'column of the text', { shownDefault: columnOfText }),
  id: flag('text', '--id <column>', 'column of the id', { shownDefault: 'row number' }),
  label: flag('text', '--label <column>', 'column of the gold label; predictions are compared with it'),
  map: flag('labelMap', '--map <a=x,b=y>', 'translates values of the label column; a= excludes its rows; repeatable'),
  format: flag('dataFormat', '--format <f>', `format of - (stdin): ${dataFormats.join(', ')}`),
  delimiter: flag('delimiter', '--delimiter <c>', 'separator of cells, such as ; or tab', {
    shownDefault: 'detected from the header',
  }),
  encoding: flag('encoding', '--encoding <name>', 'encoding of text, such as windows-1252 or utf-16le', {
    shownDefault: 'utf-8',
  }),
  blank: flag('list', '--blank <a,b>', 'cells that count as blank, such as N/A', {
    shownDefault: 'only cells without visible text',
  }),
  calibrate: flag(
    'text',
    '--calibrate <file>',
    'calibrates the confidence on labelled rows, for this run and later ones; needs --label',
  ),
  calibration: {
    type: 'switch',
    off: ['--no-calibration', 'ignores the calibration: shows the confidence of the model'],
  },
  promptCheck: {
    type: 'switch',
    off: ['--no-prompt-check', 'disables the check of other prompts after a run with --label and without --prompt'],
  },
  out: flag('outputs', '--out <file>', `results: ${outputEndings}, or FORMAT:PATH (jsonl:- is stdout); repeatable`),
  outProbabilities: flag(
    'output',
    '--out-probabilities <file>',
    'label probabilities of every answer, with its id, gold label and answer; requests them',
  ),
  events: flag('eventsTarget', '--events <file>', 'events as JSON lines; - is stderr'),
  json: flag('switch', '--json', 'the summary as one JSON object on stdout'),
  dryRun: flag('switch', '--dry-run', 'shows columns, first prompt and a token estimate; sends no request'),
  assert: flag(
    'thresholds',
    '--assert <condition>',
    "threshold for a summary field, such as 'macro_f1>=0.8'; repeatable",
  ),
  quiet: flag('switch', '--quiet', 'no progress, no warnings'),
  verbose: flag('switch', '--verbose', 'more messages on stderr; prompts and answers in events; stack traces'),
  probeMs: flag('duration', '--probe <d>', 'length of the measurement', { default: '10s' }),
  quick: flag(
    'switch',
    '--quick',
    'checks what the server reports and sends a few requests; no measurement, no prompt trial',
  ),
  insecure: flag('switch', '--insecure', 'allows registries without TLS, such as http://host/name:tag'),
  flips: flag('wholeNumber', '--flips <n>', 'shows the first N rows whose label differs', {
    default: '10',
    least: 0,
  }),
  data: flag('text', '--data <file>', `labelled rows: ${inputEndings}`),
  options: flag(
    'optionValues',
    '--option <name=v1,v2>',
    'values to try of temperature, seed, max_output_tokens or context_tokens; repeatable',
  ),
  repeats: flag('wholeNumber', '--repeats <n>', 'runs every variant N times, each with a different seed', {
    shownDefault: `${defaults.repeats}`,
    least: 1,
  }),
  blocks: flag('wholeNumber', '--blocks <n>', 'variants take turns in N blocks of rows; 1: one after the other', {
    shownDefault: '10; 5 for several models; fewer for few rows',
    least: 1,
  }),
  repeatSample: {
    type: 'switch',
    off: ['--no-repeat-sample', 'does not send 5 % of the rows (20 to 100) again to see how much answers vary'],
  },
  criterion: flag(
    'choice',
    '--criterion <metric>',
    'metric that decides which variant is best, in tests and Pareto fronts; failed rows count as wrong',
    { choices: criteria, shownDefault: 'accuracy; macro-f1 where the classes are unbalanced' },
  ),
  split: flag(
    'choice',
    '--split <half>',
    'only one half of the rows, chosen by a hash of the text: duplicates are in the same half',
    {
      choices: splits,
    },
  ),
  outDisagreements: flag(
    'output',
    '--out-disagreements <file>',
    'suspected label errors: rows where several variants confidently predict another label',
  ),
  diff: flag('texts', '--diff <variant...>', 'two variants: shows the rows on which they disagree'),
  assertVariants: flag(
    'variantThresholds',
    '--assert <condition>',
    "threshold for the best variant ('macro_f1>=0.8'), for one ('NAME: macro_f1>=0.8') or for all ('every: …'); repeatable",
  ),
  baseline: flag(
    'text',
    '--baseline <run>',
    'fails if the best variant is significantly worse than this recorded run (an id, or latest)',
  ),
  junit: flag('text', '--junit <file>', 'thresholds and failures as JUnit XML, one suite for each variant'),
  markdown: flag('fileOrStdout', '--markdown <file>', 'the summary as Markdown; - is stdout, instead of the table'),
  search: flag(
    'choice',
    '--search <what>',
    'searches for examples for one prompt on the training half, and compares them on the other half',
    { choices: ['few-shot'] },
  ),
  examples: flag('wholeNumber', '--examples <n>', 'for --search: number of examples for each label', {
    shownDefault: `${defaults.examples}`,
    least: 1,
  }),
  restarts: flag('wholeNumber', '--restarts <n>', 'for --search: number of random draws of examples', {
    shownDefault: `${defaults.restarts}`,
    least: 1,
  }),
  outPrompt: flag('text', '--out-prompt <file>', 'for --search: the .prompt file to write'),
} as const satisfies Readonly<Record<string, OptionDefinition>>;

export type OptionName = keyof typeof optionTable;

/** The value of an option. */
export type ValueOf<N extends OptionName> = (typeof optionTable)[N] extends { readonly choices: readonly (infer C)[] }
  ? C
  : OptionTypes[(typeof optionTable)[N]['type']];

/** Values of options, without those that are not set. */
export type Values<N extends OptionName> = { readonly [K in N]?: ValueOf<K> };

/** The same with the defaults. */
export type Resolved<N extends OptionName> = {
  readonly [K in N]: (typeof optionTable)[K] extends { readonly default: string } ? ValueOf<K> : ValueOf<K> | undefined;
};

/** The environment variable of an option. */
export function variableOf({ flag = '', env = false }: OptionDefinition): string | undefined {
  const [name = ''] = flag.slice(2).split(' ', 1);
  return env ? `CHORALE_${name.toUpperCase().replaceAll('-', '_')}` : undefined;
}
