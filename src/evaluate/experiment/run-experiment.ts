import type { Agent } from '../../classify/agent.js';
import { defaults } from '../../foundation/defaults.js';
import { entryOf, InvalidOptionError } from '../../foundation/errors/chorale-error.js';
import { type OptionNames, requireKnown } from '../../foundation/known-options.js';
import { nodeRuntime } from '../../foundation/runtime.js';
import { ModelAuthError } from '../../model/model-errors.js';
import { ExperimentError, type Variant } from './experiment-plan.js';
import type { ExperimentResult } from './experiment-result.js';
import { GridCounter, type GridProgress, type RoundOptions, runRound } from './run-round.js';
import { type SummaryOptions, summarizeExperiment, unreachableWarning } from './summarize-experiment.js';
import { AnswerTable, VariantRecord } from './variant-answers.js';

/** Options of `runExperiment`. */
export interface ExperimentOptions extends RoundOptions, SummaryOptions {
  /** From `planVariants`. */
  readonly variants: readonly Variant[];
  /**
   * Makes the agent of a variant, before the first request or at the start of a repeat. Give each repeat its own seed (the
   * prompt's plus `repeat` − 1) so that answers may differ. The experiment closes the models.
   * @param repeat 1-based
   */
  readonly agentFor: (variant: Variant, repeat: number) => Promise<Agent>;
  /** How often every variant classifies every row. @default 1 */
  readonly repeats?: number | undefined;
  /** Told at once of a variant whose model cannot be reached, with the warning that the result has, too. */
  readonly onUnreachable?: ((warning: string) => void) | undefined;
  /** A callback that throws is dropped. */
  readonly onProgress?: ((progress: GridProgress) => void) | undefined;
}

const experimentOptions: OptionNames<ExperimentOptions> = {
  variants: true,
  agentFor: true,
  repeats: true,
  onUnreachable: true,
  onProgress: true,
  data: true,
  workers: true,
  workerCap: true,
  record: true,
  signal: true,
  observer: true,
  runtime: true,
  onOutcome: true,
  onWarning: true,
  spell: true,
  priceOf: true,
  criterion: true,
  confidence: true,
  resamples: true,
  seed: true,
  versions: true,
  source: true,
};

/** The result of an experiment and its answers. */
export interface Experiment {
  readonly result: ExperimentResult;
  readonly answers: AnswerTable;
}

/**
 * Classifies every row with every variant and compares the answers. Failed reviews are data. A variant whose model is
 * unavailable has a result with the reason, and the other variants continue.
 * @throws ExperimentError if the labels of an agent are not those of the rows; the model's error where no variant can be
 * measured, or its key is rejected (401); PromptError, StoreError, the signal's reason
 *
 * @example
 * const variants = planVariants({ prompts: ['sentiment', 'sentiment-completion'], models: ['llama3.2:3b'] });
 * const data = labelRows(reviews, ['positive', 'negative']);
 * const agentFor = async ({ prompt, model }) =>
 *   createAgent({ model: ollama({ model }), prompt: await loadPrompt(prompt), labels: data.labels });
 * const { result } = await runExperiment({ variants, data, agentFor });
 */
export async function runExperiment(options: ExperimentOptions): Promise<Experiment> {
  requireKnown('runExperiment', options, experimentOptions);
  const { variants, data, repeats = defaults.repeats, runtime = nodeRuntime } = options;
  if (!Number.isInteger(repeats) || repeats < 1) {
    throw new InvalidOptionError('repeats', 'a whole number of at least 1', repeats);
  }
  if (variants.length === 0) throw new InvalidOptionError('variants', 'one at least', variants);
  const records = variants.map((variant) => new VariantRecord(variant, data.labels, data.rows.length, options.spell));
  const grid = new GridCounter(data.rows.length * variants.length * repeats, runtime, options.onProgress);
  const startedAt = runtime.now();
  const agents = new Map<VariantRecord, Agent>();
  try {
    for (const record of records) agents.set(record, await firstAgent(record, options));
    const unavailable = new Map<string | null, unknown>();
    for (const [record, agent] of agents) {
      const { model } = record.variant;
      if (unavailable.has(model)) {
        record.fail(unavailable.get(model));
        grid.drop(data.rows.length * repeats);
      } else {
        await runVariant(record, agent, grid, { ...options, repeats });
      }
      if (!record.failure) continue;
      unavailable.set(model, record.failure.error);
      options.onUnreachable?.(unreachableWarning(record.variant.name, record.failure.message));
    }
  } finally {
    await Promise.all([...agents.values()].map((agent) => agent.model.close()));
  }
  const [first] = records;
  if (first?.failure && records.every(({ failure }) => failure)) throw first.failure.error;
  const result = summarizeExperiment(records, repeats, runtime.now() - startedAt, {
    source: options.record,
    ...options,
  });
  return { result, answers: new AnswerTable(data, records) };
}

async function firstAgent(record: VariantRecord, { agentFor, data }: ExperimentOptions): Promise<Agent> {
  const agent = await agentFor(record.variant, 1);
  record.describe(agent);
  if (agent.labels.join('\n') === data.labels.join('\n')) return agent;
  await agent.model.close();
  throw new ExperimentError(
    `the variant '${record.variant.name}' answers with ${agent.labels.join(', ')}, the rows have ${data.labels.join(', ')}`,
    ['all variants need the same labels in the same order: name them with ', { option: 'labels' }],
  );
}

/** Runs all repeats of a variant. The variant fails where its model is unavailable. */
async function runVariant(
  record: VariantRecord,
  first: Agent,
  grid: GridCounter,
  options: ExperimentOptions & { readonly repeats: number },
): Promise<void> {
  for (let repeat = 1; repeat <= options.repeats; repeat += 1) {
    options.signal?.throwIfAborted();
    const agent = repeat === 1 ? first : await options.agentFor(record.variant, repeat);
    try {
      await runRound(record, repeat, agent, grid, options);
    } catch (error) {
      options.signal?.throwIfAborted();
      if (!isModelUnavailable(error)) throw error;
      record.fail(error);
      grid.drop(options.data.rows.length * (options.repeats - repeat + 1));
      return;
    } finally {
      if (repeat > 1) await agent.model.close();
    }
  }
}

/** Whether only this model is unavailable. A rejected key (401) concerns all models. */
function isModelUnavailable(error: unknown): boolean {
  if (error instanceof ModelAuthError && error.status === 401) return false;
  return entryOf(error)?.exitCode === 4;
}
