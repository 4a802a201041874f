import { basename } from 'node:path';
import { type CalibrationRun, calibrateReviews } from '../../analysis/calibrate-reviews.js';
import { GoldLabels } from '../../analysis/gold-labels.js';
import { calibrationTarget } from '../../analysis/run-plan.js';
import type { RecordedRun } from '../../analysis/run-store.js';
import type { Summary } from '../../analysis/summary.js';
import type { Agent } from '../../classify/agent.js';
import { loadCalibration, type SavedCalibration, saveCalibration } from '../../classify/calibration/calibration.js';
import { calibrationFolder } from '../guard-files.js';
import { makeStoreFolder } from '../open-store.js';
import type { AnalyzeFlags } from '../options/command-options.js';
import type { Terminal } from '../terminal.js';
import type { AnalysisPlan } from './analysis-plan.js';
import { beginRun } from './begin-run.js';
import { checkGoldLabels } from './check-gold-labels.js';
import { openInput, resolveColumns, toReviews } from './open-input.js';
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
  plan: Omit<AnalysisPlan, 'input' | 'columns' | 'calibration'>,
  selectsRows: boolean,
): Promise<CalibrationEnd> {
  const { agent, signal, progress, store } = plan;
  const flags = selectsRows ? plan.flags : withoutInputs(plan.flags);
  const scanOf = (digest: string) => store.scanOf(digest);
  const opened = await openInput([path], flags, flags, plan.terminal.io, signal, scanOf);
  const columns = resolveColumns(opened, flags);
  const gold = new GoldLabels(agent.labels, flags.map);
  const input = await checkGoldLabels(opened, columns, gold, plan.terminal);
  progress.begin(`loading ${agent.model.name}`);
  try {
    const info = await agent.prepare({ signal });
    const fitting = { ...plan, flags, input, columns };
    const run = await beginRun(fitting, info, 'calibrate');
    const { calibration, summary } = await recorded(run, () =>
      calibrateReviews(toReviews(input.rows, columns, gold), {
        ...streamOptions(fitting),
        data: basename(path),
        run,
      }),
    );
    if (!run.begun.resumed && summary.cached > 0) {
      plan.terminal.note(`${summary.cached} of the ${summary.succeeded} answers for the calibration are reused`);
    }
    makeStoreFolder();
    return { ...(await saveCalibration(calibrationFolder, calibration)), summary };
  } finally {
    progress.end();
  }
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
