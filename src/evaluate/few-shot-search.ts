import type { Agent } from '../classify/agent.js';
import type { Prompt } from '../classify/prompt/prompt.js';
import { InvalidOptionError } from '../foundation/errors/common-errors.js';
import { nodeRuntime } from '../foundation/node-runtime.js';
import { compareWithReference, type ReferenceComparison } from './experiment/compare-variants.js';
import type { ProportionMetric, VariantResult } from './experiment/experiment-result.js';
import type { LabelledRows } from './experiment/labelled-rows.js';
import { type Experiment, type ExperimentOptions, runExperiment } from './experiment/run-experiment.js';
import type { GridProgress } from './experiment/run-round.js';
import { type Candidate, divideRows, drawCandidates, type SearchRows } from './few-shot-candidates.js';

type Shared = 'workers' | 'workerCap' | 'record' | 'signal' | 'observer' | 'runtime' | 'versions' | 'onProgress';

/** Options of `searchFewShot`. */
export interface SearchOptions extends Pick<ExperimentOptions, Shared> {
  readonly prompt: Prompt;
  /** Rows of both halves. */
  readonly data: LabelledRows;
  /** Makes the agent that asks with a prompt, with the labels of the rows; its model is closed after use. */
  readonly agentFor: (prompt: Prompt) => Promise<Agent>;
  /** What the new prompt is called. @default the prompt's name with `-few-shot` */
  readonly name?: string | undefined;
  /** Examples of each label. @default 4 */
  readonly examples?: number | undefined;
  /** Random draws of examples. @default 16 */
  readonly restarts?: number | undefined;
  /** So many of the best are compared on the validation half. @default 3 */
  readonly finalists?: number | undefined;
  /** At most so many rows of the training half are scored. @default 200 */
  readonly scoredRows?: number | undefined;
  /** Longer texts, in UTF-16 units, are no examples. @default 400 */
  readonly longestExample?: number | undefined;
  /** Decides which rows are scored and which examples are drawn. @default 1 */
  readonly seed?: number | undefined;
}

/** What a search came to. */
export interface FewShotSearch {
  readonly result: SearchResult;
  /** The best prompt that was found, even where the unchanged one is better. */
  readonly prompt: Prompt;
  /** The text of its file. */
  readonly source: string;
}

/** A prompt, and how it did. */
interface Scored {
  readonly candidate: Candidate;
  readonly train: VariantResult;
}

/** A prompt that was measured on the validation half. */
interface Look extends Scored {
  readonly experiment: Experiment;
}

const defaults = { examples: 4, restarts: 16, finalists: 3, scoredRows: 200, longestExample: 400, seed: 1 } as const;

/** How many questions a search asks at most. @param candidates with the unchanged prompt */
export function searchQuestions({ scored, validation }: SearchRows, candidates: number, finalists: number): number {
  return scored.rows.length * candidates + validation.rows.length * (Math.min(finalists, candidates - 1) + 1);
}

/**
 * Chooses examples for a prompt. Random draws from the training half, and the prompt's own examples, are scored on other
 * rows of that half; the best few and the unchanged prompt are then compared on the validation half, once. No text of that
 * half is ever an example, or asked about before.
 * @throws ExperimentError where the rows do not suffice; PromptError where examples have no place; the model's errors;
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
  const progress = new SearchProgress(searchQuestions(rows, all.length, finalists), options.onProgress);
  const scored: Scored[] = [];
  for (const candidate of all) {
    const { result } = await ask(candidate, rows.scored, 'train', progress, options);
    scored.push({ candidate, train: variantOf(result) });
  }
  // The order of equals is that of the candidates.
  const ranked = [...scored].sort((a, b) => rightShare(b.train) - rightShare(a.train));
  const best = ranked.filter(({ candidate }) => candidate !== unchanged).slice(0, finalists);
  const looks: Look[] = [];
  for (const look of [...scored.slice(0, 1), ...best]) {
    const experiment = await ask(look.candidate, rows.validation, 'validation', progress, options);
    looks.push({ ...look, experiment });
  }
  return conclude({ rows, ranked, best, looks, durationMs: runtime.now() - startedAt }, options);
}

interface SearchRun {
  readonly rows: SearchRows;
  readonly ranked: readonly Scored[];
  readonly best: readonly Scored[];
  /** The unchanged prompt first. */
  readonly looks: readonly Look[];
  readonly durationMs: number;
}

function conclude({ rows, ranked, best, looks, durationMs }: SearchRun, options: SearchOptions): FewShotSearch {
  const { prompt: asked, data, versions = {}, seed = defaults.seed, examples = defaults.examples } = options;
  const validation = validationOf(looks, rows.validation);
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
    prompt: idOf(asked),
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
      sentence,
    },
    duration_ms: Math.round(durationMs),
    warnings: warningsOf(rows, looks, options),
  };
  return { result, prompt: chosen.prompt, source: chosen.source };
}

function warningsOf({ mayShow }: SearchRows, looks: readonly Look[], { prompt }: SearchOptions): readonly string[] {
  const seen = prompt.examples.filter(({ text }) => !mayShow(text)).length;
  return [
    ...new Set(looks.flatMap(({ experiment }) => experiment.result.warnings)),
    ...(seen > 0
      ? [`${seen} examples of ${prompt.name} are among the rows that it is measured on: its figures are flattered`]
      : []),
  ];
}

/** What a search would ask, without asking. @throws as `searchFewShot` does before the first question */
export function prepareSearch(options: SearchOptions) {
  const { prompt, data, name = `${prompt.name}-few-shot` } = options;
  const { examples = defaults.examples, restarts = defaults.restarts, finalists = defaults.finalists } = options;
  const { scoredRows = defaults.scoredRows, longestExample = defaults.longestExample, seed = defaults.seed } = options;
  for (const [option, value] of Object.entries({ examples, restarts, finalists, scoredRows, longestExample })) {
    if (!Number.isInteger(value) || value < 1) {
      throw new InvalidOptionError(option, 'a whole number of at least 1', value);
    }
  }
  const rows = divideRows(data, { scoredRows, longestExample, seed });
  const candidates = drawCandidates(prompt, data.labels, rows, { examples, restarts, seed, name });
  const unchanged: Candidate = { name: prompt.name, form: 'own', prompt, source: '' };
  return { rows, unchanged, candidates, finalists };
}

/** One prompt on the rows of one part. A model that is gone ends the search: the others could not be compared. */
function ask(
  { name, prompt }: Candidate,
  data: LabelledRows,
  part: 'train' | 'validation',
  progress: SearchProgress,
  options: SearchOptions,
): Promise<Experiment> {
  const { agentFor, workers, workerCap, record, signal, observer, runtime } = options;
  signal?.throwIfAborted();
  const choice = JSON.stringify({ choice: record?.choice, part, seed: options.seed ?? defaults.seed });
  return runExperiment({
    variants: [{ name, prompt: prompt.name, model: null, options: {} }],
    data,
    agentFor: () => agentFor(prompt),
    record: record && { ...record, choice, configuration: { ...record.configuration, search: part } },
    onProgress: progress.begin(`${part}: ${name}`),
    workers,
    workerCap,
    signal,
    observer,
    runtime,
  });
}

function validationOf(looks: readonly Look[], data: LabelledRows): readonly ValidationResult[] {
  const [reference, ...others] = looks.map(({ candidate: { name }, experiment: { answers } }) => ({
    name,
    answerAt: (position: number) => answers.answerOf(name, position),
  }));
  const compared = reference ? compareWithReference(reference, others, data) : [];
  return looks.map(({ candidate: { name }, experiment: { result } }, index) => {
    const { failed, failures_as_wrong: quality, runs } = variantOf(result);
    const { accuracy, macro_f1 } = quality;
    return { name, accuracy, macro_f1, failed, runs, compared: compared[index - 1] ?? null };
  });
}

function candidateResult({ candidate, train }: Scored, finalist: boolean): CandidateResult {
  const { name, form, prompt } = candidate;
  const { failed, runs } = train;
  return { name, form, prompt: idOf(prompt), accuracy: accuracyOf(train), failed, finalist, runs };
}

function variantOf({ variants: [variant] }: Experiment['result']): VariantResult {
  if (!variant) throw new InvalidOptionError('variants', 'one at least', 0);
  return variant;
}

function accuracyOf({ failures_as_wrong: { accuracy } }: VariantResult): ProportionMetric {
  return accuracy;
}

function rightShare(variant: VariantResult): number {
  return accuracyOf(variant).value ?? 0;
}

function idOf({ name, hash }: Prompt): string {
  return `${name}@${hash}`;
}

/** What a search for examples came to; names are those of `--json`. A row without an answer is a wrong one everywhere. */
export interface SearchResult {
  /** Of this form: counted up when a field changes its meaning. */
  readonly version: 1;
  readonly search: 'few-shot';
  readonly versions: Readonly<Record<string, string>>;
  readonly model: string;
  /** Name and hash of the prompt that examples were looked for. */
  readonly prompt: string;
  readonly labels: readonly string[];
  readonly seed: number;
  readonly examples_per_label: number;
  /** Rows of each part; no text is in two of them. */
  readonly rows: { readonly pool: number; readonly scored: number; readonly validation: number };
  /** All that were scored on the training half, the unchanged prompt among them, the best first. */
  readonly candidates: readonly CandidateResult[];
  /** Prompts that were measured on the validation half, the unchanged one included: each once. */
  readonly looks: number;
  readonly validation: readonly ValidationResult[];
  readonly winner: {
    readonly name: string;
    /** Name and hash. */
    readonly prompt: string;
    /** More right answers on the validation half than the unchanged prompt, be it by luck. */
    readonly better: boolean;
    /** The same, and the test claims it. */
    readonly significant: boolean;
    readonly sentence: string;
  };
  readonly duration_ms: number;
  readonly warnings: readonly string[];
}

/** One prompt on the rows of the training half that are scored. */
export interface CandidateResult {
  readonly name: string;
  readonly form: string;
  /** Name and hash. */
  readonly prompt: string;
  readonly accuracy: ProportionMetric;
  readonly failed: number;
  /** Whether it was compared on the validation half. */
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
  /** Against the unchanged prompt, on the same rows; null for that one itself. */
  readonly compared: ReferenceComparison | null;
}

/** Adds up what is done over all prompts. */
class SearchProgress {
  private before = { done: 0, failed: 0, reused: 0, elapsedMs: 0 };
  private latest = this.before;

  constructor(
    private readonly total: number,
    private readonly tell: ((progress: GridProgress) => void) | undefined,
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
      this.tell?.({ ...this.latest, total, variant, repeat: 1 });
    };
  }
}
