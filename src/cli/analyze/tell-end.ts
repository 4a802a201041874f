import { InterruptedError } from '../../foundation/errors/common-errors.js';
import { shellWord } from '../../foundation/text/message-text.js';
import { commandName } from '../command-name.js';
import type { AnalyzeFlags } from '../flags.js';
import type { Terminal } from '../terminal.js';
import type { AnalysisEnd } from './run-analysis.js';

/** A command that is longer is not repeated. */
const longestCommand = 160;

/** Says where the results are, and after an interruption what resumes the run. */
export function tellEnd(
  { summary, stopped }: AnalysisEnd,
  { out = [] }: AnalyzeFlags,
  store: string,
  terminal: Terminal,
): void {
  terminal.log(
    whereResultsAre(
      out.map(({ path }) => path),
      `run ${summary.run_id.slice(0, 8)} in ${shellWord(store)}`,
    ),
  );
  if (stopped?.error instanceof InterruptedError) terminal.log(resumption(commandName(terminal.io), terminal.args));
}

/** `results: out.csv; run 3f2a8c1d in .chorale/runs.db` */
export function whereResultsAre(outputs: readonly string[], recorded: string): string {
  const files = outputs.filter((path) => path !== '-').map(shellWord);
  if (files.length > 0) return `results: ${files.join(', ')}; ${recorded}`;
  return `recorded as ${recorded}; --out FILE writes the results`;
}

/** `the same command resumes: chorale analyze reviews.csv` */
export function resumption(program: string, args: readonly string[]): string {
  const command = [program, ...args.map((arg) => (arg === '-' ? arg : shellQuoted(arg)))].join(' ');
  if (args.includes('--fresh')) return 'the same command without --fresh resumes the run';
  if (args.includes('-') || command.length > longestCommand) return 'the same command resumes the run';
  return `the same command resumes the run: ${command}`;
}

/** Options stay as they are; `shellWord` takes what begins with a dash for a path. */
function shellQuoted(arg: string): string {
  return arg.startsWith('-') ? `-${shellWord(arg.slice(1)).replace(/^\.\//, '')}` : shellWord(arg);
}
