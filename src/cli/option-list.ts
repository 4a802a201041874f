import { Option } from 'commander';
import { longStrategies } from '../classify/long-texts/long-strategy.js';
import { splitNames } from '../evaluate/experiment/labelled-rows.js';
import { renderDuration } from '../report/format-values.js';
import { providerNames } from './config/provider-names.js';
import { adaptiveCap, defaultHosts, defaultModels, defaultSettings } from './config/settings.js';
import {
  blankList,
  collectHosts,
  collectNames,
  collectOptionValues,
  collectOutput,
  collectThreshold,
  collectVariantThreshold,
  dataFormat,
  delimiter,
  duration,
  encoding,
  eventsTarget,
  fileOrStdout,
  filled,
  labelList,
  labelMap,
  output,
  rate,
  wholeNumber,
} from './parse-values.js';

/** An option that may have a variable of the environment, too. */
export class CliOption extends Option {
  variable?: string;
}

function option(flags: string, description: string, parse?: (text: string, before: never) => unknown): CliOption {
  const made = new CliOption(flags, description);
  if (parse) made.argParser<unknown>((text, before) => parse(text, before as never));
  return made;
}

/** An option that can also be set in the environment, as `CHORALE_` and its name. */
function setting(flags: string, description: string, parse?: (text: string, before: never) => unknown): CliOption {
  const made = option(flags, description, parse);
  made.variable = `CHORALE_${made.name().toUpperCase().replaceAll('-', '_')}`;
  made.description += ` (env: ${made.variable})`;
  return made;
}

const defaults = defaultSettings;

const hostOption = () =>
  setting(
    '--host <url>',
    `server; repeatable (default: for ollama OLLAMA_HOST, else ${defaultHosts.ollama}; for openai OPENAI_BASE_URL, else ${defaultHosts.openai})`,
    collectHosts,
  );

const ollamaHostOption = () =>
  setting('--host <url>', `server; repeatable (default: OLLAMA_HOST, else ${defaultHosts.ollama})`, collectHosts);

const configOption = () =>
  option('--config <file>', 'configuration JSON (default: chorale.config.json when present)', filled);

const storeOption = () =>
  setting('--store <file>', `where runs are recorded, to go on with (default: ${defaults.store})`, filled);

const providerOption = () =>
  setting('--provider <name>', `who answers (default: ${defaults.provider})`).choices(providerNames);

/** Two options of one setting. Its variable has a value, which `loadSettings` reads: an option without one cannot. */
const probabilityOptions = () => [
  option('--probabilities', 'requests token probabilities, which make the confidence (default: as the prompt says)'),
  option('--no-probabilities', 'requests none: quicker, and no confidence (env: CHORALE_PROBABILITIES=false)'),
];

/** Who answers. */
export const modelOptions = () => [
  providerOption(),
  setting('--model <name>', `model (default: ${defaultModels.ollama} for ollama)`, filled),
  hostOption(),
  setting(
    '--prompt <name|file>',
    `a prompt that comes with chorale, a file, or auto: tries those that come with it on a few rows (default: ${defaults.prompt})`,
    filled,
  ),
  setting('--labels <a,b,c>', "restricts or replaces the prompt's labels", labelList),
  configOption(),
];

/** What `pull` and `rm` have. */
export const modelsOptions = () => [
  ollamaHostOption(),
  configOption(),
  option('--json', 'what became of every model, as one JSON array on stdout'),
  option('--quiet', 'no progress'),
  option('--verbose', 'stack traces'),
];

/** What only `demo` has. */
export const demoOptions = () => [
  option(
    '--events <file>',
    'events as JSON lines; - is stderr (default: stderr; a new file where it is a terminal)',
    filled,
  ),
];

/** How inputs are read. */
const readingOptions = () => [
  option('--delimiter <c>', 'separator of cells, as ; or tab (default: found from the header)', delimiter),
  option('--encoding <name>', 'encoding of text, as windows-1252 or utf-16le (default: utf-8)', encoding),
  option('--blank <a,b>', 'cells that count as blank, as N/A (default: only those without visible text)', blankList),
];

/** What only `doctor` has. */
export const doctorOptions = () => [
  ...probabilityOptions(),
  setting('--workers <n>', 'workers of the measurement (default: as many as the server has slots)', wholeNumber(1)),
  option('--text <column>', 'column of the text (default: the one that is called like a text)', filled),
  option('--label <column>', 'column of the gold label: the prompts are tried, and their accuracy measured', filled),
  option('--map <a=x,b=y>', 'translates values of the label column; a= leaves its rows out; repeatable', labelMap),
  option('--format <f>', 'format of - (stdin): csv, tsv, jsonl, json, parquet', dataFormat),
  ...readingOptions(),
  option('--probe <d>', 'length of the measurement (default: 10 s)', duration(1)),
  option('--quick', 'no measurement and no trial of prompts: only what the server says of itself, and one request'),
  option('--json', 'what was found, as one JSON array on stdout'),
  option('--quiet', 'no progress'),
  option('--verbose', 'stack traces'),
];

/** What only `pull` has. */
export const pullOptions = () => [option('--insecure', 'allows registries without TLS, as in http://host/name:tag')];

/** What every command of `runs` has. */
export const recordedRunsOptions = () => [
  storeOption(),
  option('--json', 'the same as JSON on stdout; its fields are in docs/runs.md'),
  option('--verbose', 'stack traces'),
];

/** What only `runs list` has. */
export const runListOptions = () => [option('--limit <n>', 'the newest N runs', wholeNumber(1))];

/** What only `runs compare` has. */
export const comparisonOptions = () => [
  option('--flips <n>', 'shows the first N rows whose label differs (default: 10)', wholeNumber(0)),
];

/** How the work is done. */
export const runOptions = () => [
  setting('--workers <n>', 'exactly N workers (default: min(2 × CPUs, worker cap, reviews))', wholeNumber(1)),
  setting(
    '--worker-cap <n>',
    `cap of the automatic count (default: ${defaults.workerCap}; with --adaptive ${adaptiveCap} for each host)`,
    wholeNumber(1),
  ),
  option('--adaptive', 'finds the number in flight on each host while running'),
  setting(
    '--item-timeout <d>',
    `one review, all its attempts included (default: ${renderDuration(defaults.itemTimeoutMs)})`,
    duration(1),
  ),
  setting(
    '--retries <n>',
    `further attempts after a retryable failure (default: ${defaults.retry.maxRetries})`,
    wholeNumber(0),
  ),
  setting(
    '--max-wait <d>',
    'longest pause that a server may ask for (default: what is left of the review)',
    duration(1),
  ),
  setting('--rate <n/s|n/min>', 'questions, over all workers and hosts (default: no limit)', rate),
  setting('--token-rate <n/min>', 'tokens read and written, over all workers and hosts (default: no limit)', rate),
  setting(
    '--long <how>',
    `reviews that do not fit into the context: fail, are cut, or are split (default: ${defaults.long})`,
  ).choices(longStrategies),
  ...probabilityOptions(),
  option('--simulate-latency <d>', 'lexicon only: waits D per review, to show concurrency', duration(0)),
];

/** What only `analyze` has. */
export const analyzeOptions = () => [
  option('--fail-fast', 'the first failure stops the run'),
  setting('--timeout <d>', 'the whole run (default: none)', duration(1)),
  option('--limit <n>', 'the first N rows', wholeNumber(1)),
  option('--sample <n>', 'N rows at random', wholeNumber(1)),
  setting('--seed <s>', 'seed of --sample (default: 1)', wholeNumber(0)),
  option('--text <column>', 'column of the text (default: the one that is called like a text)', filled),
  option('--id <column>', 'column of the id (default: row number)', filled),
  option('--label <column>', 'column of the right label; the answers are compared with it', filled),
  option('--map <a=x,b=y>', 'translates values of the label column; a= leaves its rows out; repeatable', labelMap),
  option('--calibrate <file>', 'fits the confidence on labelled rows, also for later runs; needs --label', filled),
  option('--no-prompt-check', 'with --label and no --prompt: other prompts are not tried on a few rows after the run'),
  option('--no-calibration', 'confidence as the model gives it, where there is a calibration, too'),
  option(
    '--out <file>',
    'results: .csv .tsv .jsonl .json .parquet, each also .gz, or FORMAT:PATH (jsonl:- is stdout); repeatable',
    collectOutput,
  ),
  storeOption(),
  option('--fresh', 'starts over: nothing that earlier runs recorded is used'),
  option('--format <f>', 'format of - (stdin): csv, tsv, jsonl, json, parquet', dataFormat),
  ...readingOptions(),
  option('--events <file>', 'events as JSON lines; - is stderr', eventsTarget),
  option('--json', 'the summary as one JSON object on stdout'),
  option('--dry-run', 'shows columns, first prompt and a token estimate; asks no model'),
  option('--assert <condition>', "threshold on a summary field, as 'macro_f1>=0.8'; repeatable", collectThreshold),
  option('--quiet', 'no progress, no warnings'),
  option('--verbose', 'more on stderr; prompts and answers in events; stack traces'),
];

/** What only `experiment` has, in place of some that others have. */
export const experimentOptions = () => [
  option('--data <file>', 'the labelled rows: .csv .tsv .jsonl .ndjson .json', filled),
  option('--label <column>', 'column of the right label', filled),
  providerOption(),
  setting('--model <name>', `model; repeatable (default: ${defaultModels.ollama} for ollama)`, collectNames),
  setting('--prompt <name|file>', `a prompt; repeatable (default: ${defaults.prompt})`, collectNames),
  option(
    '--option <name=v1,v2>',
    'values to try of temperature, seed, max_output_tokens or context_tokens; repeatable',
    collectOptionValues,
  ),
  option('--repeats <n>', 'asks every variant N times, each with a seed of its own (default: 1)', wholeNumber(1)),
  setting('--labels <a,b,c>', "restricts or replaces the prompts' labels", labelList),
  option('--map <a=x,b=y>', 'translates values of the label column; a= leaves its rows out; repeatable', labelMap),
  option('--text <column>', 'column of the text (default: the one that is called like a text)', filled),
  option('--id <column>', 'column of the id, no two alike (default: row number)', filled),
  ...readingOptions(),
  option('--limit <n>', 'the first N rows', wholeNumber(1)),
  option('--split <half>', 'of those, one half by content: copies are never in both').choices(splitNames),
  option('--sample <n>', 'of those, N at random, each label with its share', wholeNumber(1)),
  setting('--seed <s>', 'seed of --sample and of the bootstrap (default: 1)', wholeNumber(0)),
  hostOption(),
  configOption(),
  setting('--timeout <d>', 'the whole experiment (default: none)', duration(1)),
  option('--out <file>', 'every answer: .csv .tsv .jsonl .json, or FORMAT:PATH; repeatable', collectOutput),
  option('--out-disagreements <file>', 'rows whose label looks wrong: several variants are sure of another', output),
  option('--diff <variant...>', 'two variants: shows the rows that they answer differently'),
  option(
    '--assert <condition>',
    "threshold on a figure of the best variant, as 'macro_f1>=0.8', of one, as 'NAME: macro_f1>=0.8', or of 'every: …'; repeatable",
    collectVariantThreshold,
  ),
  option(
    '--baseline <run>',
    'recorded run that the best variant may not be significantly worse than; or latest',
    filled,
  ),
  option('--junit <file>', 'conditions and failures as JUnit XML, a suite for each variant', filled),
  option('--markdown <file>', 'the summary as Markdown; - is stdout, in place of the table', fileOrStdout),
  option('--search <what>', 'chooses examples for one prompt on the training half, compares them on the other').choices(
    ['few-shot'],
  ),
  option('--examples <n>', 'for --search: N examples of each label (default: 4)', wholeNumber(1)),
  option('--restarts <n>', 'for --search: N random draws of examples (default: 16)', wholeNumber(1)),
  option('--out-prompt <file>', 'for --search: the new prompt, a .prompt file', filled),
  storeOption(),
  option('--fresh', 'starts over: nothing that earlier runs recorded is used'),
  option('--events <file>', 'events as JSON lines; - is stderr', eventsTarget),
  option('--json', 'all figures as one JSON object on stdout'),
  option('--dry-run', 'shows the variants and the number of questions; asks no model'),
  option('--quiet', 'no progress, no warnings'),
  option('--verbose', 'more on stderr; prompts and answers in events; stack traces'),
];
