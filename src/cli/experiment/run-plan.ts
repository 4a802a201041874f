import { randomUUID } from 'node:crypto';
import type { JsonObject, RunStore } from '../../analysis/run-store.js';
import type { Agent } from '../../classify/agent.js';
import { withOptions } from '../../classify/prompt/prompt.js';
import type { Variant } from '../../evaluate/experiment/experiment-plan.js';
import { type Experiment, runExperiment } from '../../evaluate/experiment/run-experiment.js';
import type { ExperimentStore } from '../../evaluate/experiment/run-round.js';
import { defaults } from '../../foundation/defaults.js';
import type { Observer } from '../../foundation/events/event.js';
import { programVersion } from '../command-name.js';
import { makeAgent } from '../make-agent.js';
import type { ExperimentFlags } from '../options/command-options.js';
import { recordedSettings, type Settings } from '../options/settings.js';
import { flagOf } from '../print-error.js';
import type { ProgressDisplay } from '../progress/show-progress.js';
import type { Terminal } from '../terminal.js';
import { AnswerOutputs } from './answer-outputs.js';
import type { ExperimentData } from './open-data.js';

/** Everything that an experiment needs. */
export interface PreparedExperiment {
  readonly flags: ExperimentFlags;
  readonly settings: Settings;
  readonly variants: readonly Variant[];
  readonly labels: readonly string[];
  readonly observer: Observer;
  readonly progress: ProgressDisplay;
  readonly terminal: Terminal;
  readonly signal: AbortSignal;
}

/** Makes the agent of a variant. Each repeat has a different seed. */
export function agentMaker(plan: PreparedExperiment): (variant: Variant, repeat: number) => Promise<Agent> {
  const { flags, settings, labels, observer, progress } = plan;
  return ({ prompt, model, options }, repeat) =>
    makeAgent(
      { ...settings, prompt, model: model ?? settings.model, labels },
      {
        observer,
        hostObserver: progress.observer,
        verbose: flags.verbose === true,
        threads: false,
        simulateLatencyMs: flags.simulateLatencyMs,
        changePrompt(given) {
          const changed = withOptions(given, options);
          return withOptions(changed, { seed: changed.config.seed + repeat - 1 });
        },
      },
    );
}

/** Asks all variants, writes every answer, and shows how far it is. */
export async function runPlan(plan: PreparedExperiment, data: ExperimentData, store: RunStore): Promise<Experiment> {
  const { flags, settings, variants, observer, progress, signal } = plan;
  progress.begin('opening the outputs');
  const { outProbabilities: target } = flags;
  const outputs = await AnswerOutputs.open(
    flags.out ?? [],
    target && { target, labels: plan.labels },
    data.columns.text,
    data.path,
    plan.terminal.io.stdout,
    signal,
  );
  progress.begin('loading the model');
  const warn = (warning: string) => plan.terminal.warn(warning);
  let isStopped = true;
  try {
    const experiment = await runExperiment({
      variants,
      data: data.rows,
      repeats: flags.repeats,
      agentFor: agentMaker(plan),
      ...workersOf(settings),
      seed: flags.seed,
      criterion: flags.criterion,
      priceOf: (model) => settings.prices[model],
      versions: { chorale: programVersion(), node: process.version },
      record: recordOf(plan, data, store),
      signal,
      observer,
      spell: flagOf,
      onUnreachable: warn,
      onWarning: warn,
      onProgress: ({ variant, repeat, ...counts }) => {
        const note = (flags.repeats ?? defaults.repeats) > 1 ? `${variant}, repeat ${repeat}` : variant;
        progress.update({ ...counts, byLabel: new Map(), note });
      },
      onOutcome: (variant, repeat, outcome) => outputs.write(variant, repeat, outcome),
    });
    isStopped = false;
    return experiment;
  } finally {
    progress.end();
    await outputs.end(isStopped);
  }
}

/** The number of requests in flight at once. */
export function workersOf({ adaptive, workerCap, hosts, workers }: Settings) {
  return { workers: adaptive ? workerCap * Math.max(1, hosts.length) : workers, workerCap };
}

/** Where the answers are kept. */
export function recordOf(plan: PreparedExperiment, data: ExperimentData, store: RunStore): ExperimentStore {
  return {
    store,
    names: [data.path],
    digest: data.digest,
    choice: choiceOf(plan.flags, data),
    configuration: configurationOf(plan),
    fresh: plan.flags.fresh,
    newRunId: randomUUID,
  };
}

/** Which columns and rows are used. */
function choiceOf(flags: ExperimentFlags, { columns, rows }: ExperimentData): string {
  const { text, id = null, label = null } = columns;
  const { limit = null, split = null, sample = null, seed = null } = rows.choice;
  return JSON.stringify({ text, id, label, map: flags.map ? [...flags.map] : null, limit, split, sample, seed });
}

/** What was set, for people who look at the runs later. */
function configurationOf({ settings, flags, labels }: PreparedExperiment): JsonObject {
  const { prompt: _, model: __, ...recorded } = recordedSettings(settings);
  return { ...recorded, labels, repeats: flags.repeats ?? defaults.repeats };
}
