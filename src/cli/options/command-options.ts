import type { GoldColumn } from '../../analysis/fields/gold-field.js';
import { outputEndings } from '../../data/data-format.js';
import type { OptionName, Values } from './option-table.js';

/** An option of a command, and the help that replaces its usual one. */
export type CommandOption = OptionName | readonly [name: OptionName, help: string];

const modelOptions = ['provider', 'model', 'hosts', 'prompt', 'labels', 'config'] as const;

const readingOptions = ['delimiter', 'encoding', 'blank'] as const;

const runOptions = [
  'workers',
  'workerCap',
  'adaptive',
  'itemTimeoutMs',
  'maxRetries',
  'maxServerWaitMs',
  'rate',
  'tokenRate',
  'long',
  'probabilities',
  'repair',
  'simulateLatencyMs',
] as const;

const verbose = ['verbose', 'stack traces'] as const;

const recordedRuns = [
  'store',
  ['json', 'the same as JSON on stdout; its fields are in docs/runs.md'],
  verbose,
] as const;

const managedModels = [
  'hosts',
  'config',
  ['json', 'the result for every model, as one JSON array on stdout'],
  ['quiet', 'no progress'],
  verbose,
] as const;

/** The options of each command, in the order of its help. */
export const commandOptions = {
  demo: [
    ...modelOptions,
    ...runOptions,
    ['events', 'events as JSON lines; - is stderr (default: stderr; a new file if stderr is a terminal)'],
  ],
  analyze: [
    ...modelOptions,
    ...(['ask', 'savePrompt'] as const),
    ...runOptions,
    ...(['failFast', 'timeoutMs', 'limit', 'sample', 'seed', 'text', 'vars', 'id', 'gold', 'map'] as const),
    ...(['tokenLimit', 'costLimit', 'calibrate'] as const),
    ...(['promptCheck', 'calibration', 'out', 'bom', 'outProbabilities', 'store', 'fresh', 'format'] as const),
    ...readingOptions,
    ...(['events', 'json', 'dryRun', 'assert', 'quiet', 'verbose'] as const),
  ],
  experiment: [
    'data',
    ['label', 'column of the gold label, or of the gold values of --field'],
    ...([
      'field',
      'provider',
      'models',
      'prompts',
      'options',
      'repeats',
      'repeatSample',
      'blocks',
      'criterion',
      'labels',
      'map',
      'text',
      'vars',
    ] as const),
    ['id', 'column of the id, which must be unique'],
    ...readingOptions,
    ...(['limit', 'split'] as const),
    ['sample', 'N random rows of those, stratified by label'],
    ['seed', 'seed of --sample and of the bootstrap'],
    ...(['hosts', 'config', 'timeoutMs'] as const),
    ['out', `every answer: ${outputEndings}, or FORMAT:PATH; repeatable`],
    ...(['outProbabilities', 'outDisagreements', 'diff', 'assertVariants', 'baseline', 'junit', 'markdown'] as const),
    ...(['search', 'examples', 'restarts', 'outPrompt', 'store', 'fresh', 'events'] as const),
    ['json', 'all metrics as one JSON object on stdout'],
    ['dryRun', 'shows the variants and the number of requests; sends none'],
    ...(['quiet', 'verbose'] as const),
    ...runOptions,
  ],
  compare: [
    'goldColumn',
    ['id', 'column of the id, by which rows are joined; id, if there is such a column'],
    ...(['predictions', 'field', 'labels', 'map', 'missing', 'criterion'] as const),
    ['text', 'column of the text, which is shown with disagreements'],
    ['seed', 'seed of the bootstrap'],
    ...readingOptions,
    ...(['assertVariants', 'markdown'] as const),
    ['json', 'all metrics as one JSON object on stdout'],
    ['quiet', 'no warnings'],
    verbose,
  ],
  agreement: [
    'annotators',
    'order',
    ['map', 'translates labels; a= means that the annotator gave none; repeatable'],
    ['seed', 'seed of the bootstrap'],
    ...readingOptions,
    ['json', 'all coefficients as one JSON object on stdout'],
    verbose,
  ],
  doctor: [
    ...modelOptions,
    ...(['probabilities', 'workers', 'text', 'vars'] as const),
    ['label', 'column of the gold label: measures the accuracy of the prompts'],
    ...(['map', 'format'] as const),
    ...readingOptions,
    ...(['probeMs', 'quick'] as const),
    ['json', 'the results of all checks, as one JSON array on stdout'],
    ['quiet', 'no progress'],
    verbose,
  ],
  sweep: [
    ...modelOptions,
    ...(['levels', 'levelRepeats', 'levelMs', 'requests', 'itemTimeoutMs', 'probabilities', 'text', 'vars'] as const),
    ['limit', 'only the first N rows; the estimate is for all of these'],
    ['seed', 'seed of the order of the measurements'],
    'format',
    ...readingOptions,
    ['json', 'all metrics as one JSON object on stdout'],
    ['quiet', 'no progress'],
    verbose,
  ],
  timeline: ['trace', verbose],
  pull: [...managedModels, 'insecure'],
  rm: managedModels,
  runsList: [['limit', 'the newest N runs'], ...recordedRuns],
  runsShow: recordedRuns,
  runsCompare: ['flips', ...recordedRuns],
  runsRm: recordedRuns,
} as const satisfies Readonly<Record<string, readonly CommandOption[]>>;

export type CommandName = keyof typeof commandOptions;

type NameIn<O> = O extends readonly [infer N extends OptionName, string] ? N : O extends OptionName ? O : never;

/** The options of a command, as they were parsed. */
export type FlagsOf<C extends CommandName> = Values<NameIn<(typeof commandOptions)[C][number]>>;

/** With the columns that `gold` names, once the fields of the prompt are known. */
export interface AnalyzeFlags extends FlagsOf<'analyze'> {
  /** Column of the gold label. */
  readonly label?: string | undefined;
  /** Columns of the gold values of other fields. */
  readonly goldColumns?: readonly GoldColumn[];
}

export type ExperimentFlags = FlagsOf<'experiment'>;
export type CompareFlags = FlagsOf<'compare'>;
export type DoctorFlags = FlagsOf<'doctor'>;
export type TimelineFlags = FlagsOf<'timeline'>;
export type SweepFlags = FlagsOf<'sweep'>;
export type DemoFlags = FlagsOf<'demo'>;
export type RecordedRunsFlags = FlagsOf<'runsShow'>;
