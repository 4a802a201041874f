import type { Agent } from '../../classify/agent.js';
import { defaults } from '../../foundation/defaults.js';
import { InvalidOptionError } from '../../foundation/errors/chorale-error.js';
import { type OptionNames, requireKnown } from '../../foundation/known-options.js';
import { nodeRuntime } from '../../foundation/runtime.js';
import { comparedField } from './compared-field.js';
import { ExperimentError, type Variant } from './experiment-plan.js';
import type { ExperimentResult } from './experiment-result.js';
import { GridCounter, type GridProgress } from './grid-progress.js';
import { drawRepeatedSample, isRepeated } from './repeated-sample.js';
import { Grid, type GridOptions } from './run-grid.js';
import { type SummaryOptions, summarizeExperiment } from './summarize-experiment.js';
import { AnswerTable, VariantRecord } from './variant-answers.js';

/** Options of `runExperiment`. */
export interface ExperimentOptions extends GridOptions, SummaryOptions {
  /** From `planVariants`. */
  readonly variants: readonly Variant[];
  /** How often every variant classifies every row. @default 1 */
  readonly repeats?: number | undefined;
  /** A callback that throws is dropped. */
  readonly onProgress?: ((progress: GridProgress) => void) | undefined;
}

const experimentOptions: OptionNames<ExperimentOptions> = {
  variants: true,
  agentFor: true,
  blocks: true,
  repeatSample: true,
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
  const { repeatSample = repeats === 1, seed = defaults.seed } = options;
  const sample = repeatSample && repeats === 1 ? drawRepeatedSample(data, seed) : undefined;
  const startedAt = runtime.now();
  const agents = new Map<VariantRecord, Agent>();
  try {
    for (const record of records) agents.set(record, await firstAgent(record, options));
    const run = new Grid(agents, grid, options);
    if (sample) grid.plan(sample.positions.length * [...agents.values()].filter(isRepeated).length);
    for (let repeat = 1; repeat <= repeats; repeat += 1) await run.runRepeat(repeat, repeats - repeat);
    if (sample) await run.runSample(sample);
  } finally {
    await Promise.all([...agents.values()].map((agent) => agent.model.close()));
  }
  const [first] = records;
  if (first?.failure && records.every(({ failure }) => failure)) throw first.failure.error;
  const result = await summarizeExperiment(records, repeats, runtime.now() - startedAt, {
    source: options.record,
    ...options,
  });
  return { result, answers: new AnswerTable(data, records) };
}

async function firstAgent(record: VariantRecord, { agentFor, data }: ExperimentOptions): Promise<Agent> {
  const agent = await agentFor(record.variant, 1);
  record.describe(agent);
  const labels = data.field ? fieldValues(agent, data.field.name, record.variant.name) : agent.labels;
  if (labels.join('\n') === data.labels.join('\n')) return agent;
  await agent.model.close();
  throw new ExperimentError(
    `the variant '${record.variant.name}' answers with ${labels.join(', ')}, the rows have ${data.labels.join(', ')}`,
    ['all variants need the same labels in the same order: name them with ', { option: 'labels' }],
  );
}

function fieldValues({ fields, labels }: Agent, name: string, variant: string): readonly string[] {
  return comparedField(fields, name, variant)?.values ?? labels;
}
