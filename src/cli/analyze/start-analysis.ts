import { GoldLabels } from '../../analysis/gold-labels.js';
import type { Observer } from '../../foundation/events/event.js';
import type { Resources } from '../../foundation/resources.js';
import { makeAgent } from '../make-agent.js';
import { startStore } from '../open-store.js';
import type { AnalyzeFlags } from '../options/command-options.js';
import { autoPrompt, type Settings, withoutAuto } from '../options/settings.js';
import { showProgress } from '../progress/show-progress.js';
import { waitedFor } from '../progress/waits.js';
import { shippedPrompts } from '../prompt-trial/try-shipped.js';
import type { Terminal } from '../terminal.js';
import type { AnalysisPlan } from './analysis-plan.js';
import { calibrate, findCalibration } from './calibrate.js';
import { checkGoldLabels } from './check-gold-labels.js';
import { choosePrompt } from './choose-prompt.js';
import { conclude, showCalibration } from './conclude.js';
import { dryRun } from './dry-run.js';
import { likelyText, openInput, resolveInputColumns } from './open-input.js';
import { checkAssertions, runAnalysis } from './run-analysis.js';

/** What `analyze` knows after all checks of options and inputs. */
export interface AnalysisStart {
  readonly flags: AnalyzeFlags;
  readonly settings: Settings;
  readonly terminal: Terminal;
  readonly observer: Observer;
  readonly signal: AbortSignal;
  readonly resources: Resources;
}

/** Opens what the run needs, runs it, and reports. @returns the exit code */
export async function startAnalysis(start: AnalysisStart, inputs: readonly string[]): Promise<number> {
  const { flags, settings, terminal, observer, signal, resources } = start;
  const progress = showProgress(terminal, waitedFor(settings));
  const extras = {
    observer,
    hostObserver: progress.observer,
    verbose: flags.verbose === true,
    simulateLatencyMs: flags.simulateLatencyMs,
  };
  const warn = (warning: string) => terminal.warn(warning);
  const starting = flags.dryRun ? undefined : resources.use(startStore(settings, warn));
  const agent = await makeAgent(withoutAuto(settings), extras);
  resources.defer(() => agent.model.close());
  resources.defer(() => progress.end());
  const work = { flags, settings, agent, extras, progress, signal, terminal };
  if (starting) {
    const store = resources.use(await starting.open());
    if (inputs.length === 0 && flags.calibrate !== undefined) {
      return showCalibration(await calibrate(flags.calibrate, { ...work, store }, true), true, flags, terminal);
    }
    return analyzeRecorded({ ...work, store }, inputs, resources);
  }
  const input = await openInput(inputs, flags, flags, terminal.io, signal);
  const columns = resolveInputColumns(input, flags);
  const checked = await checkGoldLabels(input, columns, new GoldLabels(agent.labels, flags.map), terminal);
  const tried = settings.prompt === autoPrompt ? await shippedPrompts(settings) : undefined;
  await dryRun(checked, columns, agent, flags.json === true, terminal, tried);
  return 0;
}

async function analyzeRecorded(
  work: Omit<AnalysisPlan, 'input' | 'columns' | 'calibration' | 'trial'>,
  inputs: readonly string[],
  resources: Resources,
): Promise<number> {
  const { flags, settings, agent, signal, store, terminal } = work;
  const opened = await openInput(inputs, flags, flags, terminal.io, signal, (digest) => store.scanOf(digest));
  const columns = resolveInputColumns(opened, flags);
  const likely = likelyText(columns, flags);
  if (likely !== undefined) terminal.note(likely);
  const input = await checkGoldLabels(opened, columns, new GoldLabels(agent.labels, flags.map), terminal);
  if (settings.prompt !== autoPrompt) return analyzeInput({ ...work, input, columns });
  checkAssertions({ ...work, input, columns });
  const chosen = await choosePrompt({ ...work, input, columns });
  const ofPrompt = { ...settings, prompt: chosen.trial.chosen };
  const chosenAgent = await makeAgent(ofPrompt, work.extras);
  resources.defer(() => chosenAgent.model.close());
  return analyzeInput({ ...work, ...chosen, settings: ofPrompt, agent: chosenAgent, columns });
}

async function analyzeInput(plan: Omit<AnalysisPlan, 'calibration'>): Promise<number> {
  const { flags, agent, terminal } = plan;
  const calibrated = flags.calibrate === undefined ? undefined : await calibrate(flags.calibrate, plan, false);
  if (calibrated) await showCalibration(calibrated, false, flags, terminal);
  const saved = calibrated ?? (flags.calibration === false ? null : await findCalibration(agent, terminal));
  const end = await runAnalysis({ ...plan, calibration: saved?.calibration });
  return conclude(end, calibrated, plan);
}
