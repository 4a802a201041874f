import { GoldLabels } from '../../analysis/gold-labels.js';
import { loadPrompt } from '../../classify/prompt/prompt-file.js';
import { planVariants } from '../../evaluate/experiment/experiment-plan.js';
import { deadline } from '../../foundation/abort.js';
import { RunTimeoutError, UsageError } from '../../foundation/errors/chorale-error.js';
import { type Resources, withResources } from '../../foundation/resources.js';
import { refuseStrangeTargets } from '../analyze/check-gold-labels.js';
import { likelyText } from '../analyze/open-input.js';
import { writeDoubtfulLabels } from '../experiment/answer-outputs.js';
import { compareBest, findBaseline } from '../experiment/check-conditions.js';
import { checkFlags, checkNames, checkSearch } from '../experiment/check-flags.js';
import { conclude } from '../experiment/conclude.js';
import { dryRun } from '../experiment/dry-run.js';
import { experimentLabels, openData } from '../experiment/open-data.js';
import { type PreparedExperiment, runPlan } from '../experiment/run-plan.js';
import { dryRunSearch, runSearch } from '../experiment/run-search.js';
import { refuseLoss, takeLocks } from '../guard-files.js';
import { openEvents } from '../open-events.js';
import { openStore } from '../open-store.js';
import type { ExperimentFlags } from '../options/command-options.js';
import { mergeExperimentFile } from '../options/experiment-file.js';
import { loadSettings, requestProbabilities } from '../options/settings.js';
import { showProgress } from '../progress/show-progress.js';
import { waitedFor } from '../progress/waits.js';
import { runUntilInterrupted } from '../run-until-interrupted.js';
import type { Terminal } from '../terminal.js';

const note = 'the answers so far are recorded, and the same command resumes';

/** `chorale experiment`: prompts × models × options on labelled rows. */
export async function experiment(
  files: readonly string[],
  given: ExperimentFlags,
  terminal: Terminal,
): Promise<number> {
  const { io } = terminal;
  const flags = await mergeExperimentFile(files[0], given);
  checkFlags(flags);
  checkSearch(flags);
  io.boundHeap(50);
  const { data } = flags;
  if (data === undefined) throw new UsageError('--data is missing');
  const work = (interrupted: AbortSignal) =>
    withResources(async (resources) => {
      const limitMs = flags.timeoutMs;
      const limit = deadline(io.runtime, limitMs, () => new RunTimeoutError(limitMs ?? 0), interrupted);
      resources.defer(() => limit.release());
      return experimentUntil(limit.signal, { ...flags, data }, files, terminal, resources);
    });
  return runUntilInterrupted(terminal, 'experiment', work, note);
}

type DataFlags = ExperimentFlags & { readonly data: string };

async function experimentUntil(
  limit: AbortSignal,
  flags: DataFlags,
  files: readonly string[],
  terminal: Terminal,
  resources: Resources,
): Promise<number> {
  const { models, prompts = [] } = flags;
  const settings = requestProbabilities(await loadSettings(flags, terminal), flags);
  const variants = planVariants({
    prompts: prompts.length > 0 ? prompts : [settings.prompt],
    models: modelsOf(models, settings),
    options: flags.options,
  });
  const loaded = new Map<string, Awaited<ReturnType<typeof loadPrompt>>>();
  for (const { prompt } of variants) if (!loaded.has(prompt)) loaded.set(prompt, await loadPrompt(prompt));
  const labels = experimentLabels(loaded, flags.labels);
  checkNames(flags, variants, labels);
  refuseStrangeTargets(new GoldLabels(labels, flags.map));
  const outputs = outputsOf(flags);
  refuseLoss({
    inputs: [{ path: flags.data, what: 'the input' }, ...files.map((path) => ({ path, what: 'the experiment file' }))],
    prompts: [...loaded.keys()],
    config: flags.config,
    store: settings.store,
    outputs,
  });
  const signal = await takeLocks(flags.dryRun ? [] : outputs, limit, resources);
  const { observer } = resources.use(await openEvents(flags.events, settings.observer, terminal.io, signal));
  const progress = showProgress(terminal, waitedFor(settings));
  const plan = { flags, settings, variants, labels, signal, terminal, observer, progress };
  return experimentWith(plan, flags, resources);
}

/** All files that an experiment writes. */
function outputsOf({ out = [], outProbabilities, outDisagreements, ...others }: DataFlags) {
  const { events, junit, markdown, outPrompt } = others;
  const tables = [...out, outProbabilities, outDisagreements].map((target) => target?.path);
  return [...tables, events, junit, markdown, outPrompt];
}

async function experimentWith(plan: PreparedExperiment, flags: DataFlags, resources: Resources): Promise<number> {
  const { settings, labels, signal, terminal } = plan;
  const { outPrompt } = flags;
  if (flags.dryRun) {
    const data = await openData(flags, labels, terminal.io, signal);
    return outPrompt === undefined ? dryRun(plan, data) : dryRunSearch(plan, data, outPrompt);
  }
  const baseline = flags.baseline === undefined ? undefined : findBaseline(flags.baseline, settings.store);
  const store = resources.use(await openStore(settings, (warning) => terminal.warn(warning)));
  const data = await openData(flags, labels, terminal.io, signal, (digest) => store.scanOf(digest));
  const likely = likelyText(data.columns, flags);
  if (likely !== undefined) terminal.note(likely);
  if (outPrompt !== undefined) return runSearch(plan, data, store, outPrompt);
  const done = await runPlan(plan, data, store);
  if (flags.outDisagreements) {
    const { doubtful_labels: suspected } = done.result;
    await writeDoubtfulLabels(flags.outDisagreements, suspected, done.answers, data.columns.text, data.path);
  }
  return conclude(done, flags, baseline && compareBest(baseline, done), settings.store, terminal);
}

/** The lexicon is one model. Other providers use their default if no model is named. */
function modelsOf(
  models: readonly string[] | undefined,
  { provider, model }: PreparedExperiment['settings'],
): readonly (string | null)[] {
  if (provider === 'lexicon') {
    if (models && models.length > 1) throw new UsageError('--model is for servers; the lexicon is one model');
    return [null];
  }
  return models ?? [model ?? null];
}
