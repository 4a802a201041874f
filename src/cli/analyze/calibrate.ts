import { basename } from 'node:path';
import { calibrateReviews } from '../../analysis/calibrate-reviews.js';
import { GoldLabels } from '../../analysis/gold-labels.js';
import { calibrationTarget } from '../../analysis/run-plan.js';
import type { Summary } from '../../analysis/summary.js';
import type { Agent } from '../../classify/agent.js';
import { loadCalibration, type SavedCalibration, saveCalibration } from '../../classify/calibration/calibration.js';
import { calibrationFolder } from '../guard-files.js';
import { makeStoreFolder } from '../open-store.js';
import type { Terminal } from '../terminal.js';
import type { AnalysisPlan } from './analysis-plan.js';
import { checkGoldLabels } from './check-gold-labels.js';
import { openInput, resolveColumns, toReviews } from './open-input.js';
import { streamOptions } from './run-analysis.js';

/** What `--calibrate` came to. */
export interface CalibrationEnd extends SavedCalibration {
  /** Of the run over the labelled rows. */
  readonly summary: Summary;
}

/**
 * Fits the confidence of the agent on the rows of a file, and saves the fit.
 * @throws CalibrationError, OutputError; what stopped the run
 */
export async function calibrate(
  path: string,
  plan: Omit<AnalysisPlan, 'input' | 'columns' | 'calibration' | 'store'>,
  selectsRows: boolean,
): Promise<CalibrationEnd> {
  const { flags, agent, signal, progress } = plan;
  const opened = await openInput([path], selectsRows ? flags : {}, selectsRows ? flags : {}, plan.terminal.io, signal);
  const columns = resolveColumns(opened, flags);
  const gold = new GoldLabels(agent.labels, flags.map);
  const input = await checkGoldLabels(opened, columns, gold, plan.terminal);
  progress.begin(`loading ${agent.model.name}`);
  try {
    await agent.prepare({ signal });
    const { calibration, summary } = await calibrateReviews(toReviews(input.rows, columns, gold), {
      ...streamOptions({ ...plan, input, columns }),
      data: basename(path),
    });
    makeStoreFolder();
    return { ...(await saveCalibration(calibrationFolder, calibration)), summary };
  } finally {
    progress.end();
  }
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
