import { randomUUID } from 'node:crypto';
import type { JsonObject, RunStore } from '../../analysis/run-store.js';
import type { Agent } from '../../classify/agent.js';
import { withOptions } from '../../classify/prompt/prompt.js';
import type { Variant } from '../../evaluate/experiment/experiment-plan.js';
import { type Experiment, runExperiment } from '../../evaluate/experiment/run-experiment.js';
import type { ExperimentStore } from '../../evaluate/experiment/run-round.js';
import { defaults } from '../../foundation/defaults.js';
import { programVersion } from '../command-name.js';
import { makeAgent } from '../make-model-and-agent.js';
import type { ExperimentFlags } from '../options/command-options.js';
import { recordedSettings, type Settings, workersOf } from '../options/settings.js';
import { flagOf } from '../print-error.js';
import type { Session } from '../session.js';
import { Outputs } from '../write-results.js';
import { answerTables, rowOf } from './answer-outputs.js';
import type { ExperimentData } from './open-data.js';

/** Everything that an experiment needs. */
export interface PreparedExperiment {
  readonly flags: ExperimentFlags;
  readonly settings: Settings;
  readonly variants: readonly Variant[];
  readonly data: ExperimentData;
  readonly session: Session;
}

/** Makes the agent of a variant. Each repeat has a different seed. */
export function agentMaker(plan: PreparedExperiment): (variant: Variant, repeat: number) => Promise<Agent> {
  return (variant, repeat) =>
    makeAgent(settingsOf(variant, plan), {
      ...plan.session.extras,
      threads: false,
      changePrompt(given) {
        const changed = withOptions(given, variant.options);
        return withOptions(changed, { seed: changed.config.seed + repeat - 1 });
      },
    });
}

/** The settings with the prompt, the model and the labels of a variant. */
export function settingsOf({ prompt, model }: Variant, { settings, data }: PreparedExperiment): Settings {
  return {
    ...settings,
    prompt,
    model: model ?? settings.model,
    ...(data.rows.field ? {} : { labels: data.rows.labels }),
  };
}

/** Classifies all rows with all variants, writes every answer, and shows the progress. */
export async function runPlan(plan: PreparedExperiment, store: RunStore): Promise<Experiment> {
  const { flags, settings, variants, data, session } = plan;
  const { terminal, progress } = session;
  const { repeats = defaults.repeats } = flags;
  progress.begin('opening the outputs');
  const { out = [], outProbabilities } = flags;
  const streams = { stdout: terminal.io.stdout, signal: session.signal };
  const outputs = await Outputs.open(answerTables(out, outProbabilities, data), streams);
  progress.begin('loading the model');
  const warn = (warning: string) => terminal.warn(warning);
  let isStopped = true;
  try {
    const experiment = await runExperiment({
      ...sharedOptions(plan, store),
      variants,
      data: data.rows,
      repeats,
      repeatSample: flags.repeatSample,
      blocks: flags.blocks,
      agentFor: agentMaker(plan),
      seed: flags.seed,
      criterion: flags.criterion,
      priceOf: (model) => settings.prices[model],
      onUnreachable: warn,
      onWarning: warn,
      onProgress: ({ variant, repeat, ...counts }) => {
        const note = repeats > 1 ? `${variant}, repeat ${repeat}` : variant;
        progress.update({ ...counts, byLabel: new Map(), note });
      },
      async onOutcome({ name: variant }, repeat, { review, result, labelShares: probabilities }) {
        const { expected } = review;
        await outputs.write({ row: rowOf(review, data), place: { variant, repeat }, result, expected, probabilities });
      },
    });
    isStopped = false;
    return experiment;
  } finally {
    progress.end();
    await outputs.end(isStopped);
  }
}

/** What experiments and searches need alike. */
export function sharedOptions({ flags, settings, data, session }: PreparedExperiment, store: RunStore) {
  const { extras, signal } = session;
  const record: ExperimentStore = {
    store,
    names: [data.path],
    digest: data.digest,
    choice: choiceOf(flags, data),
    configuration: configurationOf(flags, settings, data),
    fresh: flags.fresh,
    newRunId: randomUUID,
  };
  const versions = { chorale: programVersion(), node: process.version };
  return { ...workersOf(settings), versions, record, signal, observer: extras.observer, spell: flagOf };
}

/** Which columns and rows are used. */
function choiceOf(flags: ExperimentFlags, { roles, rows }: ExperimentData): string {
  const { text, id = null, label = null, shown } = roles;
  const { limit = null, split = null, sample = null, seed = null } = rows.choice;
  const map = flags.map ? [...flags.map] : null;
  const further = { field: rows.field?.name, ...(shown.size > 0 ? { shown: [...shown] } : {}) };
  return JSON.stringify({ text, id, label, map, limit, split, sample, seed, ...further });
}

/** What was set, for people who look at the runs later. */
function configurationOf(flags: ExperimentFlags, settings: Settings, { rows }: ExperimentData): JsonObject {
  const { prompt: _, model: __, ...recorded } = recordedSettings(settings);
  return { ...recorded, labels: rows.labels, repeats: flags.repeats ?? defaults.repeats };
}
