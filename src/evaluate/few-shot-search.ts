import type { Agent } from '../classify/agent.js';
import type { Prompt } from '../classify/prompt/prompt.js';
import { defaults } from '../foundation/defaults.js';
import { InvalidOptionError } from '../foundation/errors/chorale-error.js';
import { type OptionNames, requireKnown } from '../foundation/known-options.js';
import { nodeRuntime } from '../foundation/runtime.js';
import { compareWithReference, correctWinner } from './experiment/compare-baseline.js';
import type { AdjustedBest, ProportionMetric } from './experiment/comparison-result.js';
import type { ReferenceComparison, VariantResult } from './experiment/experiment-result.js';
import type { GridProgress } from './experiment/grid-progress.js';
import type { LabelledRows } from './experiment/labelled-rows.js';
import { type Experiment, type ExperimentOptions, runExperiment } from './experiment/run-experiment.js';
import { type Candidate, drawCandidates, type SearchRows, splitSearchRows } from './few-shot-candidates.js';

const runOptions = { workers: 1, workerCap: 1, record: 1, signal: 1, observer: 1, runtime: 1, versions: 1 } as const;
const sharedOptions = { ...runOptions, onProgress: 1, spell: 1 } as const;

type Shared = keyof typeof sharedOptions;

/** Options of `searchFewShot`. */
export interface SearchOptions extends Pick<ExperimentOptions, Shared> {
  readonly prompt: Prompt;
  /** Rows of both halves. */
  readonly data: LabelledRows;
  /** Makes the agent of a prompt, with the labels of the rows. The search closes its model. */
  readonly agentFor: (prompt: Prompt) => Promise<Agent>;
  /** Name of the new prompt. @default the prompt's name with `-few-shot` */
  readonly name?: string | undefined;
  /** Examples of each label. @default 4 */
  readonly examples?: number | undefined;
  /** Random draws of examples. @default 16 */
  readonly restarts?: number | undefined;
  /** Number of best candidates that are compared on the validation half. @default 3 */
  readonly finalists?: number | undefined;
  /** At most this many rows of the training half are scored. @default 200 */
  readonly scoredRows?: number | undefined;
  /** Longest text of an example, in UTF-16 units. @default 400 */
  readonly longestExample?: number | undefined;
  /** Seed of the scored rows and of the drawn examples. @default 1 */
  readonly seed?: number | undefined;
}

/** The result of a search, and the best prompt that it found. */
export interface FewShotSearch {
  readonly result: SearchResult;
  /** The best prompt with examples, even where the unchanged prompt is better. */
  readonly prompt: Prompt;
  /** The text of its file. */
  readonly source: string;
}

interface Scored {
  readonly candidate: Candidate;
  readonly train: VariantResult;
}

/** A prompt measured on the validation half. */
interface ValidatedPrompt extends Scored {
  readonly experiment: Experiment;
}

const searchDefaults = { ...defaults, finalists: 3, scoredRows: 200, longestExample: 400 } as const;

const drawOptions = { examples: 1, restarts: 1, finalists: 1, scoredRows: 1, longestExample: 1, seed: 1 };
const searchOptions: OptionNames<SearchOptions> = {
  ...sharedOptions,
  ...drawOptions,
  ...{ prompt: 1, data: 1, agentFor: 1, name: 1 },
};

/** The most requests of a search. @param candidates including the unchanged prompt */
export function countSearchRequests({ scored, validation }: SearchRows, candidates: number, finalists: number): number {
  return scored.rows.length * candidates + validation.rows.length * (Math.min(finalists, candidates - 1) + 1);
}

/**
 * Chooses examples for a prompt. Random draws from the training half, and the prompt's own examples, are scored on other
 * rows of that half. The finalists and the unchanged prompt are then compared on the validation half, once. No text of that
 * half is an example, or classified before.
 * @throws ExperimentError if the rows do not suffice; PromptError if examples have no place; the model's errors;
 * StoreError; the signal's reason
 *
 * @example
 * const { result, source } = await searchFewShot({ prompt, data, agentFor });
 * console.log(result.winner.sentence);
 */
export async function searchFewShot(options: SearchOptions): Promise<FewShotSearch> {
  const { runtime = nodeRuntime } = options;
  const startedAt = runtime.now();
  const { rows, unchanged, candidates, finalists } = prepareSearch(options);
  const all = [unchanged, ...candidates];
  const progress = new SearchProgress(countSearchRequests(rows, all.length, finalists), options.onProgress);
  const scored: Scored[] = [];
  for (const candidate of all) {
    const { result } = await measure(candidate, rows.scored, 'train', progress, options);
    scored.push({ candidate, train: variantOf(result) });
  }
  // A stable sort: ties keep the order of the candidates.
  const ranked = [...scored].sort((a, b) => rightShare(b.train) - rightShare(a.train));
  const best = ranked.filter(({ candidate }) => candidate !== unchanged).slice(0, finalists);
  const validated: ValidatedPrompt[] = [];
  for (const finalist of [...scored.slice(0, 1), ...best]) {
    const experiment = await measure(finalist.candidate, rows.validation, 'validation', progress, options);
    validated.push({ ...finalist, experiment });
  }
  return conclude({ rows, ranked, best, validated, durationMs: runtime.now() - startedAt }, options);
}

interface SearchRun {
  readonly rows: SearchRows;
  readonly ranked: readonly Scored[];
  readonly best: readonly Scored[];
  /** The unchanged prompt first. */
  readonly validated: readonly ValidatedPrompt[];
  readonly durationMs: number;
}

function conclude({ rows, ranked, best, validated, durationMs }: SearchRun, options: SearchOptions): FewShotSearch {
  const { prompt, data, versions = {}, seed = searchDefaults.seed, examples = searchDefaults.examples } = options;
  const validation = validationOf(validated, rows.validation);
  const found = validation.flatMap(({ name, accuracy, compared }) => (compared ? [{ name, accuracy, compared }] : []));
  const [winner] = found.sort((a, b) => (b.accuracy.value ?? 0) - (a.accuracy.value ?? 0));
  const chosen = best.find(({ candidate }) => candidate.name === winner?.name)?.candidate;
  if (!winner || !chosen) throw new InvalidOptionError('restarts', 'at least 1', options.restarts);
  const { difference, significant, sentence } = winner.compared;
  const result: SearchResult = {
    version: 1,
    search: 'few-shot',
    versions,
    model: ranked[0]?.train.model ?? '',
    prompt: idOf(prompt),
    labels: data.labels,
    seed,
    examples_per_label: examples,
    rows: {
      pool: [...rows.pool.values()].reduce((sum, { length }) => sum + length, 0),
      scored: rows.scored.rows.length,
      validation: rows.validation.rows.length,
    },
    candidates: ranked.map((one) => candidateResult(one, best.includes(one))),
    looks: validation.length,
    validation,
    winner: {
      name: winner.name,
      prompt: idOf(chosen.prompt),
      better: difference > 0,
      significant: significant && difference > 0,
      adjusted: correctWinner(answersOf(validated).slice(1), rows.validation),
      sentence,
    },
    duration_ms: Math.round(durationMs),
    warnings: warningsOf(rows, validated, options),
  };
  return { result, prompt: chosen.prompt, source: chosen.source };
}

function warningsOf(
  { mayShow }: SearchRows,
  validated: readonly ValidatedPrompt[],
  { prompt }: SearchOptions,
): readonly string[] {
  const seen = prompt.examples.filter(({ text }) => !mayShow(text)).length;
  return [
    ...new Set(validated.flatMap(({ experiment }) => experiment.result.warnings)),
    ...(seen > 0
      ? [`${seen} examples of ${prompt.name} are among the rows that measure it: its accuracy is overestimated`]
      : []),
  ];
}

/** The rows and candidates of a search, without requests. @throws as `searchFewShot` does before the first request */
export function prepareSearch(options: SearchOptions) {
  requireKnown('searchFewShot', options, searchOptions);
  const { prompt, data, name = `${prompt.name}-few-shot` } = options;
  const {
    examples = searchDefaults.examples,
    restarts = searchDefaults.restarts,
    finalists = searchDefaults.finalists,
  } = options;
  const {
    scoredRows = searchDefaults.scoredRows,
    longestExample = searchDefaults.longestExample,
    seed = searchDefaults.seed,
  } = options;
  for (const [option, value] of Object.entries({ examples, restarts, finalists, scoredRows, longestExample })) {
    if (!Number.isInteger(value) || value < 1) {
      throw new InvalidOptionError(option, 'a whole number of at least 1', value);
    }
  }
  const rows = splitSearchRows(data, { scoredRows, longestExample, seed });
  const candidates = drawCandidates(prompt, data.labels, rows, { examples, restarts, seed, name });
  const unchanged: Candidate = { name: prompt.name, form: 'own', prompt, source: '' };
  return { rows, unchanged, candidates, finalists };
}

/** Measures one prompt on one part of the rows. An unavailable model ends the search. */
function measure(
  { name, prompt }: Candidate,
  data: LabelledRows,
  part: 'train' | 'validation',
  progress: SearchProgress,
  options: SearchOptions,
): Promise<Experiment> {
  const { agentFor, workers, workerCap, record, signal, observer, runtime, spell } = options;
  signal?.throwIfAborted();
  const choice = JSON.stringify({ choice: record?.choice, part, seed: options.seed ?? searchDefaults.seed });
  return runExperiment({
    variants: [{ name, prompt: prompt.name, model: null, options: {} }],
    data,
    repeatSample: false,
    agentFor: () => agentFor(prompt),
    record: record && { ...record, choice, configuration: { ...record.configuration, search: part } },
    onProgress: progress.begin(`${part}: ${name}`),
    workers,
    workerCap,
    signal,
    observer,
    runtime,
    spell,
  });
}

function answersOf(validated: readonly ValidatedPrompt[]) {
  return validated.map(({ candidate: { name }, experiment: { answers } }) => ({
    name,
    answerAt: (position: number) => answers.answerOf(name, position),
  }));
}

function validationOf(validated: readonly ValidatedPrompt[], data: LabelledRows): readonly ValidationResult[] {
  const [reference, ...others] = answersOf(validated);
  const compared = reference ? compareWithReference(reference, others, data) : [];
  return validated.map(({ candidate: { name }, experiment: { result } }, index) => {
    const { failed, failures_as_wrong: quality, runs } = variantOf(result);
    const { accuracy, macro_f1 } = quality;
    return { name, accuracy, macro_f1, failed, runs, compared: compared[index - 1] ?? null };
  });
}

function candidateResult({ candidate, train }: Scored, finalist: boolean): CandidateResult {
  const { name, form, prompt } = candidate;
  const { failed, runs } = train;
  return { name, form, prompt: idOf(prompt), accuracy: train.failures_as_wrong.accuracy, failed, finalist, runs };
}

function variantOf({ variants: [variant] }: Experiment['result']): VariantResult {
  if (!variant) throw new InvalidOptionError('variants', 'one at least', 0);
  return variant;
}

function rightShare(variant: VariantResult): number {
  return variant.failures_as_wrong.accuracy.value ?? 0;
}

function idOf({ name, hash }: Prompt): string {
  return `${name}@${hash}`;
}

/** The result of a few-shot search, with the names of the JSON output. A row without an answer counts as wrong. */
export interface SearchResult {
  /** Version of this format: grows when a field changes its meaning. */
  readonly version: 1;
  readonly search: 'few-shot';
  readonly versions: Readonly<Record<string, string>>;
  readonly model: string;
  /** Name and hash of the unchanged prompt. */
  readonly prompt: string;
  readonly labels: readonly string[];
  readonly seed: number;
  readonly examples_per_label: number;
  /** Rows of each part; no text is in two of them. */
  readonly rows: { readonly pool: number; readonly scored: number; readonly validation: number };
  /** All prompts scored on the training half, including the unchanged prompt, the best first. */
  readonly candidates: readonly CandidateResult[];
  /** Number of prompts measured on the validation half, including the unchanged prompt. */
  readonly looks: number;
  readonly validation: readonly ValidationResult[];
  readonly winner: {
    readonly name: string;
    /** Name and hash. */
    readonly prompt: string;
    /** More right answers on the validation half than the unchanged prompt, significant or not. */
    readonly better: boolean;
    readonly significant: boolean;
    /** Its accuracy, corrected for its selection among the finalists; null with one finalist. */
    readonly adjusted: AdjustedBest | null;
    readonly sentence: string;
  };
  readonly duration_ms: number;
  readonly warnings: readonly string[];
}

/** One prompt on the scored rows of the training half. */
export interface CandidateResult {
  readonly name: string;
  readonly form: string;
  /** Name and hash. */
  readonly prompt: string;
  readonly accuracy: ProportionMetric;
  readonly failed: number;
  readonly finalist: boolean;
  readonly runs: readonly string[];
}

/** One prompt on the validation half. */
export interface ValidationResult {
  readonly name: string;
  readonly accuracy: ProportionMetric;
  readonly macro_f1: number | null;
  readonly failed: number;
  readonly runs: readonly string[];
  /** Compared with the unchanged prompt; null for the unchanged prompt. */
  readonly compared: ReferenceComparison | null;
}

/** Adds up the progress of all prompts. */
class SearchProgress {
  private before = { done: 0, failed: 0, reused: 0, elapsedMs: 0 };
  private latest = this.before;

  constructor(
    private readonly total: number,
    private readonly report: ((progress: GridProgress) => void) | undefined,
  ) {}

  begin(variant: string): (progress: GridProgress) => void {
    this.before = this.latest;
    return ({ done, failed, reused, elapsedMs }) => {
      const { before, total } = this;
      this.latest = {
        done: before.done + done,
        failed: before.failed + failed,
        reused: before.reused + reused,
        elapsedMs: before.elapsedMs + elapsedMs,
      };
      this.report?.({ ...this.latest, total, variant, repeat: 1 });
    };
  }
}
