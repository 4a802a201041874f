import { basename } from 'node:path';
import { type CalibrationRun, calibrateReviews } from '../../analysis/calibrate-reviews.js';
import { GoldLabels } from '../../analysis/gold-labels.js';
import { calibrationTarget } from '../../analysis/run-plan.js';
import type { RecordedRun, RunStore } from '../../analysis/run-store.js';
import type { Summary } from '../../analysis/summary.js';
import type { Agent } from '../../classify/agent.js';
import { loadCalibration, type SavedCalibration, saveCalibration } from '../../classify/calibration/calibration.js';
import { calibrationFolder } from '../guard-files.js';
import { makeStoreFolder } from '../open-store.js';
import type { AnalyzeFlags } from '../options/command-options.js';
import type { Terminal } from '../terminal.js';
import type { AnalysisSetup } from './analysis-plan.js';
import { beginRun } from './begin-run.js';
import { checkGoldLabels } from './check-gold-labels.js';
import { openInput, toReviews } from './open-input.js';
import { statusOf, streamOptions } from './run-analysis.js';

/** What `--calibrate` came to. */
export interface CalibrationEnd extends SavedCalibration {
  /** Of the run over the labelled rows. */
  readonly summary: Summary;
}

/** What says how the inputs are read and which of their rows are used. With inputs it is not about the labelled file. */
const ofInputs: readonly string[] = ['format', 'delimiter', 'encoding', 'limit', 'sample', 'seed'];

/**
 * Fits the confidence of the agent on the rows of a file, and saves the fit. Answers that are recorded are used, and those
 * that are requested are recorded.
 * @throws CalibrationError, OutputError; what stopped the run
 */
export async function calibrate(
  path: string,
  setup: AnalysisSetup,
  store: RunStore,
  selectsRows: boolean,
): Promise<CalibrationEnd> {
  const { agent, session, shown } = setup;
  const { signal, progress, terminal } = session;
  const flags = selectsRows ? setup.flags : withoutInputs(setup.flags);
  const scanOf = (digest: string) => store.scanOf(digest);
  const opened = await openInput([path], { flags, selection: flags, stdin: terminal.io.stdin, signal, scanOf, shown });
  for (const note of opened.notes) terminal.note(note);
  const gold = new GoldLabels(agent.labels, flags.map);
  const input = await checkGoldLabels(opened, gold, terminal);
  progress.begin(`loading ${agent.model.name}`);
  const info = await agent.prepare({ signal });
  const choices = { store, calibration: undefined, trial: undefined };
  const run = await beginRun({ ...setup, flags, input, choices }, info, 'calibrate');
  const options = { ...streamOptions(setup, input.total), data: basename(path), run };
  const { calibration, summary } = await recorded(run, () => calibrateReviews(toReviews(input, gold), options));
  if (!run.begun.resumed && summary.cached > 0) {
    terminal.note(`${summary.cached} of the ${summary.succeeded} answers for the calibration are reused`);
  }
  makeStoreFolder();
  const saved = await saveCalibration(calibrationFolder, calibration);
  progress.end();
  return { ...saved, summary };
}

function withoutInputs(flags: AnalyzeFlags): AnalyzeFlags {
  return Object.fromEntries(Object.entries(flags).filter(([name]) => !ofInputs.includes(name)));
}

/** Ends the run as its work ends. */
async function recorded({ store }: RecordedRun, work: () => Promise<CalibrationRun>): Promise<CalibrationRun> {
  let done: CalibrationRun;
  try {
    done = await work();
  } catch (error) {
    // The first failure is the cause of the second.
    await store.end(statusOf({ error }), {}).catch(() => {});
    throw error;
  }
  await store.end('done', { ...done.summary, calibration: done.calibration });
  return done;
}

/**
 * The calibration that an earlier run saved for this agent, where there is one; says so.
 * @throws CalibrationFileError
 */
export async function findCalibration(agent: Agent, terminal: Terminal): Promise<SavedCalibration | null> {
  // Without probabilities there is nothing to calibrate.
  if (agent.probabilities !== 'always') return null;
  const saved = await loadCalibration(calibrationFolder, calibrationTarget(agent));
  if (saved) {
    const { temperature, fitted_rows: rows, data } = saved.calibration;
    terminal.note(
      `confidence is calibrated: temperature ${temperature.toFixed(3)}, fitted on ${rows} rows of ${data} (${saved.path})`,
    );
  }
  return saved;
}
