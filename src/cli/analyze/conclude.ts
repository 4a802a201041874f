import { StdoutClosedError } from '../../data/data-errors.js';
import { InterruptedError, ThresholdMissedError } from '../../foundation/errors/chorale-error.js';
import { shellWord } from '../../foundation/text/message-text.js';
import { renderCalibration, renderSummary } from '../../report/render-summary.js';
import { commandName } from '../command-name.js';
import { usesStdout } from '../guard-files.js';
import type { AnalyzeFlags } from '../options/command-options.js';
import { isOnSuccessRate } from '../options/threshold.js';
import { printError } from '../print-error.js';
import type { Terminal } from '../terminal.js';
import type { CalibrationEnd } from './calibrate.js';
import { missedThresholds } from './check-thresholds.js';
import type { AnalysisEnd } from './run-analysis.js';

const exitCodes = { done: 0, someFailed: 5 };

/** A longer command is not repeated. */
const longestCommand = 160;

/** Prints the summary of a run. @param calibrated what `--calibrate` came to before it @returns the exit code */
export async function conclude(
  end: AnalysisEnd,
  calibrated: CalibrationEnd | undefined,
  flags: AnalyzeFlags,
  store: string,
  terminal: Terminal,
): Promise<number> {
  const { summary, stopped } = end;
  if (stopped?.error instanceof StdoutClosedError) return exitCodes.done;
  const fitted = calibrated ? { calibration: metricsOf(calibrated) } : {};
  if (flags.json) await terminal.printJson({ ...summary, ...fitted });
  else await terminal.printTables(() => renderSummary(summary), usesStdout(flags));
  for (const warning of summary.warnings) terminal.warn(warning);
  const recorded = `run ${summary.run_id.slice(0, 8)} in ${shellWord(store)}`;
  terminal.note(
    whereResultsAre(
      [...(flags.out ?? []), ...(flags.outProbabilities ? [flags.outProbabilities] : [])].map(({ path }) => path),
      recorded,
    ),
  );
  if (stopped?.error instanceof InterruptedError) {
    terminal.note(howToResume(commandName(terminal.io), terminal.args));
  }
  const thresholds = flags.assert ?? [];
  const missed = missedThresholds(thresholds, summary);
  const stoppedCode = stopped && printError(terminal, stopped.error, flags.verbose === true);
  const failed = noteFailures(summary, 'the results say why, row by row', terminal);
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
  terminal: Terminal,
): Promise<number> {
  const { calibration, path, summary } = calibrated;
  if (!flags.json) await terminal.printTables(() => renderCalibration(calibration, path), usesStdout(flags));
  else if (isAll) await terminal.printJson(metricsOf(calibrated));
  for (const warning of summary.warnings) terminal.warn(warning);
  const [first] = summary.errors;
  return noteFailures(summary, `most with: ${first?.message}`, terminal) ? exitCodes.someFailed : exitCodes.done;
}

function metricsOf({ calibration, path, summary }: CalibrationEnd) {
  const { version: _, ...metrics } = calibration;
  return { ...metrics, file: path, cached: summary.cached, failed: summary.failed, warnings: summary.warnings };
}

function noteFailures({ failed, items }: CalibrationEnd['summary'], hint: string, terminal: Terminal): boolean {
  if (failed > 0) terminal.note(`${failed} of ${items} reviews failed; ${hint}`, 'bad');
  return failed > 0;
}

/** `results: out.csv; run 3f2a8c1d in .chorale/runs.db` */
export function whereResultsAre(outputs: readonly string[], recorded: string): string {
  const files = outputs.filter((path) => path !== '-').map(shellWord);
  if (files.length > 0) return `results: ${files.join(', ')}; ${recorded}`;
  return `recorded as ${recorded}; --out FILE writes the results`;
}

/** `the same command resumes: chorale analyze reviews.csv` */
export function howToResume(program: string, args: readonly string[]): string {
  const command = [program, ...args.map((arg) => (arg === '-' ? arg : shellQuoted(arg)))].join(' ');
  if (args.includes('--fresh')) return 'the same command without --fresh resumes the run';
  if (args.includes('-') || command.length > longestCommand) return 'the same command resumes the run';
  return `the same command resumes the run: ${command}`;
}

/** Options stay as they are; `shellWord` takes what begins with a dash for a path. */
function shellQuoted(arg: string): string {
  return arg.startsWith('-') ? `-${shellWord(arg.slice(1)).replace(/^\.\//, '')}` : shellWord(arg);
}
