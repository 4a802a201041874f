import { GoldLabels } from '../../analysis/gold-labels.js';
import type { Prompt } from '../../classify/prompt/prompt.js';
import { loadPrompt } from '../../classify/prompt/prompt-file.js';
import { splitSheet } from '../../data/data-format.js';
import { planVariants } from '../../evaluate/experiment/experiment-plan.js';
import { UsageError } from '../../foundation/errors/chorale-error.js';
import type { Resources } from '../../foundation/resources.js';
import { refuseStrangeTargets } from '../analyze/check-gold-labels.js';
import { withConfiguredReading } from '../analyze/configured-reading.js';
import { likelyText } from '../analyze/open-input.js';
import { writeDoubtfulLabels } from '../experiment/answer-outputs.js';
import { compareBest, findBaseline } from '../experiment/check-conditions.js';
import { checkFieldFlags, checkFlags, checkNames, checkSearch } from '../experiment/check-flags.js';
import { conclude } from '../experiment/conclude.js';
import { dryRun } from '../experiment/dry-run.js';
import { comparedLabels, openData } from '../experiment/open-data.js';
import { runPlan } from '../experiment/run-plan.js';
import { dryRunSearch, runSearch } from '../experiment/run-search.js';
import { openStore } from '../open-store.js';
import type { ExperimentFlags } from '../options/command-options.js';
import { mergeExperimentFile } from '../options/experiment-file.js';
import { loadSettings, requestProbabilities, type Settings } from '../options/settings.js';
import { runUntilInterrupted } from '../run-until-interrupted.js';
import { openSession } from '../session.js';
import { reservedNote, shownColumns } from '../shown-columns.js';
import type { Terminal } from '../terminal.js';

const note = 'the answers so far are recorded, and the same command resumes';

/** `chorale experiment`: prompts × models × options on labelled rows. */
export async function experiment(
  files: readonly string[],
  given: ExperimentFlags,
  terminal: Terminal,
): Promise<number> {
  const flags = await mergeExperimentFile(files[0], given);
  const path = checkFlags(flags);
  checkSearch(flags);
  terminal.io.boundHeap(50);
  return runUntilInterrupted(
    terminal,
    'experiment',
    (signal, resources) => startExperiment(path, files, flags, terminal, signal, resources),
    { note, timeoutMs: flags.timeoutMs },
  );
}

/** @param path of the rows */
async function startExperiment(
  path: string,
  files: readonly string[],
  given: ExperimentFlags,
  terminal: Terminal,
  stop: AbortSignal,
  resources: Resources,
): Promise<number> {
  const { models, prompts = [], outPrompt } = given;
  const settings = requestProbabilities(await loadSettings(given, terminal), given);
  const flags = withConfiguredReading(given, settings, [path]);
  const variants = planVariants({
    prompts: prompts.length > 0 ? prompts : [settings.prompt],
    models: modelsOf(models, settings),
    options: flags.options,
  });
  const loaded = new Map<string, Prompt>();
  for (const { prompt } of variants) if (!loaded.has(prompt)) loaded.set(prompt, await loadPrompt(prompt));
  const compared = comparedLabels(loaded, flags.labels, flags.field);
  const { labels, field } = compared;
  checkFieldFlags(flags, field);
  const shown = shownColumns([...loaded.values()], settings, flags);
  checkNames(flags, variants, labels);
  refuseStrangeTargets(new GoldLabels(labels, flags.map));
  const read = {
    inputs: [
      { path: splitSheet(path).path, what: 'the input' },
      ...files.map((file) => ({ path: file, what: 'the experiment file' })),
    ],
    prompts: [...loaded.keys()],
    config: flags.config,
    store: settings.store,
    outputs: outputsOf(flags),
  };
  const session = await openSession(flags, settings, read, terminal, stop, resources);
  if (flags.dryRun) {
    const data = await openData(path, flags, compared, session, shown);
    const plan = { flags, settings, variants, data, session };
    return outPrompt === undefined ? dryRun(plan) : dryRunSearch(plan, outPrompt);
  }
  const baseline = flags.baseline === undefined ? undefined : findBaseline(flags.baseline, settings.store);
  const store = resources.use(await openStore(settings, (warning) => terminal.warn(warning)));
  const data = await openData(path, flags, compared, session, shown, (digest) => store.scanOf(digest));
  const likely = likelyText(data.roles, flags);
  if (likely !== undefined) terminal.note(likely);
  const reserved = reservedNote(data.columns, data.roles.text, data.roles.shown);
  if (reserved !== undefined) terminal.note(reserved);
  const plan = { flags, settings, variants, data, session };
  if (outPrompt !== undefined) return runSearch(plan, store, outPrompt);
  const done = await runPlan(plan, store);
  if (flags.outDisagreements) await writeDoubtfulLabels(flags.outDisagreements, done.result.doubtful_labels, data);
  return conclude(done, flags, baseline && compareBest(baseline, done), settings.store, terminal);
}

/** All files that an experiment writes. */
function outputsOf({ out = [], outProbabilities, outDisagreements, ...others }: ExperimentFlags) {
  const { events, junit, markdown, outPrompt } = others;
  const tables = [...out, outProbabilities, outDisagreements].map((target) => target?.path);
  return [...tables, events, junit, markdown, outPrompt];
}

/** The lexicon is one model. Other providers use their default if no model is named. */
function modelsOf(models: readonly string[] | undefined, { provider, model }: Settings): readonly (string | null)[] {
  if (provider === 'lexicon') {
    if (models && models.length > 1) throw new UsageError('--model is for servers; the lexicon is one model');
    return [null];
  }
  return models ?? [model ?? null];
}
