import { expandInputs } from '../../data/expand-inputs.js';
import { checkFlags } from '../analyze/check-flags.js';
import type { AnalyzeFlags } from '../options/command-options.js';
import { runUntilInterrupted } from '../run-until-interrupted.js';
import type { Terminal } from '../terminal.js';

/** `chorale analyze`: the sentiment of every review of a data set. */
export async function analyze(given: readonly string[], flags: AnalyzeFlags, terminal: Terminal): Promise<number> {
  const inputs = await expandInputs(given);
  checkFlags(inputs, flags, terminal.io.env);
  terminal.io.boundHeap(200);
  // Most code of the program: it is loaded once the flags are right, and before the time of `--timeout` begins.
  const { startAnalysis } = await import('../analyze/start-analysis.js');
  return runUntilInterrupted(
    terminal,
    'analyze',
    (signal, resources) => startAnalysis(inputs, flags, terminal, signal, resources),
    { timeoutMs: flags.timeoutMs },
  );
}
