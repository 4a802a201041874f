import { GoldLabels } from '../../analysis/gold-labels.js';
import { loadPrompt } from '../../classify/prompt/prompt-file.js';
import { planVariants } from '../../evaluate/experiment/experiment-plan.js';
import { deadline } from '../../foundation/abort.js';
import { RunTimeoutError, UsageError } from '../../foundation/errors/common-errors.js';
import { refuseStrangeTargets } from '../analyze/check-gold-labels.js';
import { likelyText } from '../analyze/to-reviews.js';
import { writeDoubtfulLabels } from '../experiment/answer-outputs.js';
import { checkFlags, checkNames } from '../experiment/check-flags.js';
import { checkSearch } from '../experiment/check-search.js';
import { conclude } from '../experiment/conclude.js';
import { dryRun } from '../experiment/dry-run.js';
import { experimentLabels } from '../experiment/experiment-labels.js';
import { compareBest, findBaseline } from '../experiment/find-baseline.js';
import { mergeFile } from '../experiment/merge-file.js';
import { openData } from '../experiment/open-data.js';
import { type PreparedExperiment, runPlan } from '../experiment/run-plan.js';
import { dryRunSearch, runSearch } from '../experiment/run-search.js';
import type { ExperimentFlags } from '../flags.js';
import { refuseLoss, withLocks } from '../guard-files.js';
import { loadSettings } from '../load-settings.js';
import { openEvents } from '../open-events.js';
import { openStore } from '../open-store.js';
import { showProgress } from '../progress/show-progress.js';
import { waitedFor } from '../progress/waited-for.js';
import { runUntilInterrupted } from '../signals/run-until-interrupted.js';
import type { Terminal } from '../terminal.js';

const note = 'what was answered is recorded, and the same command goes on with it';

/** `chorale experiment`: prompts × models × options on labelled rows. */
export async function experiment(
  files: readonly string[],
  given: ExperimentFlags,
  terminal: Terminal,
): Promise<number> {
  const { io } = terminal;
  const flags = await mergeFile(files[0], given);
  checkFlags(flags);
  checkSearch(flags);
  io.boundHeap(50);
  const { data } = flags;
  if (data === undefined) throw new UsageError('--data is missing');
  const work = async (interrupted: AbortSignal) => {
    const limitMs = flags.timeout;
    const limit = deadline(io.runtime, limitMs, () => new RunTimeoutError(limitMs ?? 0), interrupted);
    try {
      return await experimentUntil(limit.signal, { ...flags, data }, files, terminal);
    } finally {
      limit.release();
    }
  };
  return runUntilInterrupted(terminal, 'experiment', work, note);
}

type DataFlags = ExperimentFlags & { readonly data: string };

async function experimentUntil(
  limit: AbortSignal,
  flags: DataFlags,
  files: readonly string[],
  terminal: Terminal,
): Promise<number> {
  const { model: models, prompt: prompts = [], ...others } = flags;
  const settings = await loadSettings(others, terminal);
  const variants = planVariants({
    prompts: prompts.length > 0 ? prompts : [settings.prompt],
    models: modelsOf(models, settings),
    options: flags.option,
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
  return withLocks(flags.dryRun ? [] : outputs, limit, (signal) =>
    experimentLocked({ flags, settings, variants, labels, signal, terminal }),
  );
}

/** All files that an experiment writes. */
function outputsOf({ out = [], outDisagreements, events, junit, markdown, outPrompt }: DataFlags) {
  return [...out.map(({ path }) => path), outDisagreements?.path, events, junit, markdown, outPrompt];
}

async function experimentLocked(
  plan: Pick<PreparedExperiment, 'settings' | 'variants' | 'labels' | 'signal' | 'terminal'> & {
    readonly flags: DataFlags;
  },
): Promise<number> {
  const { flags, settings, signal, terminal } = plan;
  const events = await openEvents(flags.events, settings.observer, terminal.io, signal);
  // Events on stderr shall be nothing but JSON lines.
  const quiet = flags.quiet === true || flags.events === '-';
  try {
    const progress = showProgress(terminal, quiet, waitedFor(settings));
    const { observer } = events;
    const told = new Set<string>();
    const warn = (warning: string) => {
      if (!quiet && !told.has(warning)) terminal.log(`warning: ${warning}`);
      told.add(warning);
    };
    return await experimentWith({ ...plan, observer, progress, quiet, warn }, flags);
  } finally {
    await events.close();
  }
}

async function experimentWith(plan: PreparedExperiment, flags: DataFlags): Promise<number> {
  const { settings, labels, signal, terminal } = plan;
  const { outPrompt } = flags;
  if (flags.dryRun) {
    const data = await openData(flags, labels, terminal.io, signal);
    return outPrompt === undefined ? dryRun(plan, data) : dryRunSearch(plan, data, outPrompt);
  }
  const baseline = flags.baseline === undefined ? undefined : findBaseline(flags.baseline, settings.store);
  const store = await openStore(settings, plan.warn);
  try {
    const data = await openData(flags, labels, terminal.io, signal, (digest) => store.scanOf(digest));
    const likely = likelyText(data.columns, flags);
    if (likely !== undefined && !plan.quiet) terminal.log(likely);
    if (outPrompt !== undefined) return await runSearch(plan, data, store, outPrompt);
    const done = await runPlan(plan, data, store);
    if (flags.outDisagreements) {
      const { doubtful_labels: doubtful } = done.result;
      await writeDoubtfulLabels(flags.outDisagreements, doubtful, done.answers, data.columns.text, data.path);
    }
    const compared = baseline && compareBest(baseline, done);
    return await conclude(done, { ...flags, quiet: plan.quiet }, plan.warn, compared, settings.store, terminal);
  } finally {
    await store.close();
  }
}

/** The word list is one model; a server's default is used where none is named. */
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
