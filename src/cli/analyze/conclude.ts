import { StdoutClosedError } from '../../data/data-errors.js';
import { ThresholdMissedError } from '../../foundation/errors/common-errors.js';
import { renderCalibration, renderSummary } from '../../report/render-summary.js';
import { isOnSuccessRate } from '../config/threshold.js';
import type { AnalyzeFlags } from '../flags.js';
import { printError } from '../print-error.js';
import type { Terminal } from '../terminal.js';
import type { CalibrationEnd } from './calibrate.js';
import { missedThresholds } from './check-thresholds.js';
import type { AnalysisEnd } from './run-analysis.js';
import { tellEnd } from './tell-end.js';

const exitCodes = { done: 0, someFailed: 5 };

/** Prints what a run came to, and finds the exit code. @param calibrated what `--calibrate` came to before it */
export async function conclude(
  end: AnalysisEnd,
  calibrated: CalibrationEnd | undefined,
  flags: AnalyzeFlags,
  quiet: boolean,
  store: string,
  terminal: Terminal,
): Promise<number> {
  const { summary, noticed, stopped } = end;
  if (stopped?.error instanceof StdoutClosedError) return exitCodes.done;
  const fitted = calibrated ? { calibration: figuresOf(calibrated) } : {};
  if (flags.json) await terminal.printJson({ ...summary, ...fitted });
  else await printTable(() => renderSummary(summary), flags, quiet, terminal);
  if (!quiet)
    for (const warning of summary.warnings) if (!noticed.includes(warning)) terminal.log(`warning: ${warning}`);
  if (!quiet) tellEnd(end, flags, store, terminal);
  const thresholds = flags.assert ?? [];
  const missed = missedThresholds(thresholds, summary);
  const stoppedCode = stopped && printError(terminal, stopped.error, flags.verbose === true);
  const failed = failures(summary, 'the results say why, row by row', quiet, terminal);
  const missedCode =
    missed.length > 0 ? printError(terminal, new ThresholdMissedError(missed), flags.verbose === true) : undefined;
  if (stoppedCode !== undefined) return stoppedCode;
  const isAccepted = missedThresholds(thresholds.filter(isOnSuccessRate), summary).length === 0;
  if (failed && !(isAccepted && thresholds.some(isOnSuccessRate))) return exitCodes.someFailed;
  if (missedCode !== undefined) return missedCode;
  return calibrated && calibrated.summary.failed > 0 ? exitCodes.someFailed : exitCodes.done;
}

/** Shows what `--calibrate` came to, except what `--json` says at the end of the analysis after it. */
export async function showCalibration(
  calibrated: CalibrationEnd,
  isAll: boolean,
  flags: AnalyzeFlags,
  quiet: boolean,
  terminal: Terminal,
): Promise<number> {
  const { calibration, path, summary } = calibrated;
  if (!flags.json) await printTable(() => renderCalibration(calibration, path), flags, quiet, terminal);
  else if (isAll) await terminal.printJson(figuresOf(calibrated));
  if (!quiet) for (const warning of summary.warnings) terminal.log(`warning: ${warning}`);
  const [first] = summary.errors;
  return failures(summary, `most with: ${first?.message}`, quiet, terminal) ? exitCodes.someFailed : exitCodes.done;
}

function figuresOf({ calibration, path, summary }: CalibrationEnd) {
  const { version: _, ...figures } = calibration;
  return { ...figures, file: path, failed: summary.failed, warnings: summary.warnings };
}

/** On stdout, unless the results are there. */
async function printTable(
  render: () => string,
  flags: AnalyzeFlags,
  quiet: boolean,
  terminal: Terminal,
): Promise<void> {
  const resultsOnStdout = flags.events === '/dev/stdout' || (flags.out ?? []).some(({ path }) => path === '-');
  if (!resultsOnStdout || !quiet) await terminal.printTables(render, resultsOnStdout);
}

function failures(
  { failed, items }: CalibrationEnd['summary'],
  hint: string,
  quiet: boolean,
  terminal: Terminal,
): boolean {
  if (failed > 0 && !quiet) terminal.log(`${failed} of ${items} reviews failed; ${hint}`, 'bad');
  return failed > 0;
}
