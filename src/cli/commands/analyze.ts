import { GoldLabels } from '../../analysis/gold-labels.js';
import { expandInputs } from '../../data/expand-inputs.js';
import { deadline } from '../../foundation/abort.js';
import { RunTimeoutError, UsageError } from '../../foundation/errors/common-errors.js';
import type { AnalysisPlan } from '../analyze/analysis-plan.js';
import { calibrate, findCalibration } from '../analyze/calibrate.js';
import { checkFlags } from '../analyze/check-flags.js';
import { checkGoldLabels } from '../analyze/check-gold-labels.js';
import { choosePrompt } from '../analyze/choose-prompt.js';
import { conclude, showCalibration } from '../analyze/conclude.js';
import { dryRun } from '../analyze/dry-run.js';
import { openInput } from '../analyze/open-input.js';
import { checkAssertions, runAnalysis } from '../analyze/run-analysis.js';
import { likelyText, resolveInputColumns } from '../analyze/to-reviews.js';
import type { Settings } from '../config/settings.js';
import type { AnalyzeFlags } from '../flags.js';
import { refuseLoss, withLocks } from '../guard-files.js';
import { loadSettings } from '../load-settings.js';
import { makeAgent } from '../make-agent.js';
import { openEvents } from '../open-events.js';
import { openStore } from '../open-store.js';
import { showProgress } from '../progress/show-progress.js';
import { waitedFor } from '../progress/waited-for.js';
import { autoPrompt, refuseAutoCalibration, requirePromptReader, withoutAuto } from '../prompt-trial/auto-prompt.js';
import { shippedPrompts } from '../prompt-trial/shipped-prompts.js';
import { runUntilInterrupted } from '../signals/run-until-interrupted.js';
import type { Terminal } from '../terminal.js';

/** `chorale analyze`: the sentiment of every review of a data set. */
export async function analyze(given: readonly string[], flags: AnalyzeFlags, terminal: Terminal): Promise<number> {
  const { io } = terminal;
  const inputs = await expandInputs(given);
  checkFlags(inputs, flags, io.env);
  io.boundHeap(200);
  return runUntilInterrupted(terminal, 'analyze', async (interrupted) => {
    const limitMs = flags.timeout;
    const limit = deadline(io.runtime, limitMs, () => new RunTimeoutError(limitMs ?? 0), interrupted);
    try {
      return await analyzeUntil(limit.signal, inputs, flags, terminal);
    } finally {
      limit.release();
    }
  });
}

async function analyzeUntil(
  limit: AbortSignal,
  inputs: readonly string[],
  flags: AnalyzeFlags,
  terminal: Terminal,
): Promise<number> {
  const settings = calibratable(await loadSettings(flags, terminal), flags);
  requirePromptReader(settings);
  refuseAutoCalibration(settings, flags);
  const outputs = [...(flags.out ?? []).map(({ path }) => path), flags.events];
  const read = [...inputs, flags.calibrate].filter((path) => path !== undefined);
  refuseLoss({
    inputs: read.map((path) => ({ path, what: 'the input' })),
    prompts: [settings.prompt],
    config: flags.config,
    store: settings.store,
    outputs,
  });
  return withLocks(flags.dryRun ? [] : outputs, limit, (signal) =>
    analyzeLocked(signal, inputs, flags, settings, terminal),
  );
}

async function analyzeLocked(
  signal: AbortSignal,
  inputs: readonly string[],
  flags: AnalyzeFlags,
  settings: Settings,
  terminal: Terminal,
): Promise<number> {
  const events = await openEvents(flags.events, settings.observer, terminal.io, signal);
  const { observer } = events;
  try {
    // Events on stderr shall be nothing but JSON lines.
    const quiet = flags.quiet === true || flags.events === '-';
    const progress = showProgress(terminal, quiet, waitedFor(settings));
    const warn = (warning: string) => quiet || terminal.log(`warning: ${warning}`);
    const extras = {
      observer,
      hostObserver: progress.observer,
      verbose: flags.verbose === true,
      simulateLatencyMs: flags.simulateLatency,
    };
    const agent = await makeAgent(withoutAuto(settings), extras);
    try {
      return await analyzeWith(
        { flags, settings, agent, extras, observer, progress, warn, quiet, signal, terminal },
        inputs,
      );
    } finally {
      progress.end();
      await agent.model.close();
    }
  } finally {
    await events.close();
  }
}

/** A confidence that is to be fitted must be there. */
function calibratable(settings: Settings, { calibrate: path }: AnalyzeFlags): Settings {
  if (path === undefined) return settings;
  if (settings.probabilities !== false) return { ...settings, probabilities: true };
  throw new UsageError('--calibrate needs token probabilities: give it without --no-probabilities');
}

type Work = Omit<AnalysisPlan, 'input' | 'columns' | 'calibration' | 'store' | 'trial'>;

async function analyzeWith(work: Work, inputs: readonly string[]): Promise<number> {
  const { flags, settings, agent, quiet, signal, terminal } = work;
  if (inputs.length === 0 && flags.calibrate !== undefined) {
    return showCalibration(await calibrate(flags.calibrate, work, true), true, flags, quiet, terminal);
  }
  if (flags.dryRun) {
    const input = await openInput(inputs, flags, flags, terminal.io, signal);
    const columns = resolveInputColumns(input, flags);
    const checked = await checkGoldLabels(input, columns, new GoldLabels(agent.labels, flags.map), work.warn);
    const tried = settings.prompt === autoPrompt ? await shippedPrompts(settings) : undefined;
    await dryRun(checked, columns, agent, flags.json === true, terminal, tried);
    return 0;
  }
  const store = await openStore(work.settings, work.warn);
  try {
    return await analyzeRecorded({ ...work, store }, inputs);
  } finally {
    await store.close();
  }
}

async function analyzeRecorded(work: Work & Pick<AnalysisPlan, 'store'>, inputs: readonly string[]): Promise<number> {
  const { flags, settings, agent: planned, signal, store, terminal } = work;
  const opened = await openInput(inputs, flags, flags, terminal.io, signal, (digest) => store.scanOf(digest));
  const columns = resolveInputColumns(opened, flags);
  const likely = likelyText(columns, flags);
  if (likely !== undefined && !work.quiet) terminal.log(likely);
  const checked = await checkGoldLabels(opened, columns, new GoldLabels(planned.labels, flags.map), work.warn);
  if (settings.prompt !== autoPrompt) return analyzeInput({ ...work, input: checked, columns });
  checkAssertions({ ...work, input: checked, columns });
  const { trial, input } = await choosePrompt({ ...work, input: checked, columns });
  const chosen = { ...settings, prompt: trial.chosen };
  const agent = await makeAgent(chosen, work.extras);
  try {
    return await analyzeInput({ ...work, settings: chosen, agent, input, columns, trial });
  } finally {
    await agent.model.close();
  }
}

async function analyzeInput(work: Work & Omit<AnalysisPlan, 'calibration'>): Promise<number> {
  const { flags, agent, quiet, terminal } = work;
  const calibrated = flags.calibrate === undefined ? undefined : await calibrate(flags.calibrate, work, false);
  if (calibrated) await showCalibration(calibrated, false, flags, quiet, terminal);
  const saved = calibrated ?? (flags.calibration === false ? null : await findCalibration(agent, quiet, terminal));
  return conclude(
    await runAnalysis({ ...work, calibration: saved?.calibration }),
    calibrated,
    flags,
    quiet,
    work.settings.store,
    terminal,
  );
}
