import type { Experiment } from '../../experiment/index.js';
import { renderDifferences, renderExperiment } from '../../report/index.js';
import type { ExperimentFlags } from '../flags.js';
import { print, tell } from '../standard-streams.js';
import { requireAssertions } from './check-assertions.js';

const exitCodes = { done: 0, notReached: 4, someFailed: 5 };

/** Prints what an experiment came to, and finds the exit code. @throws ThresholdMissedError */
export async function conclude(
  { result, answers }: Experiment,
  flags: ExperimentFlags,
  warn: (warning: string) => void,
): Promise<number> {
  const quiet = flags.quiet === true;
  const [a, b] = flags.diff ?? [];
  const differences = a !== undefined && b !== undefined ? [...answers.differences(a, b)] : undefined;
  if (flags.json) {
    const diff = differences && {
      a,
      b,
      rows: differences.map(({ row, ...given }) => ({
        index: row.index,
        id: row.id,
        expected: row.expected,
        ...given,
      })),
    };
    await print(`${JSON.stringify(diff ? { ...result, diff } : result)}\n`);
  } else {
    const texts = new Map(answers.rows.map(({ index, text }) => [index, text]));
    const parts = [renderExperiment(result, texts)];
    if (differences && a !== undefined && b !== undefined) parts.push(renderDifferences(a, b, differences));
    await printTable(parts.join('\n'), flags);
  }
  const reused = result.variants.reduce((sum, { cached }) => sum + cached, 0);
  if (reused > 0 && !quiet) tell(`${reused} answers were there already (--fresh asks for all of them again)`);
  for (const warning of result.warnings) warn(warning);
  const unreached = result.variants.filter(({ problem }) => problem !== null);
  if (unreached.length > 0) return exitCodes.notReached;
  const failed = result.variants.filter((variant) => variant.failed > 0);
  if (failed.length > 0) {
    const list = failed.map((variant) => `${variant.name} ${variant.failed} of ${variant.rows}`).join(', ');
    if (!quiet) tell(`some reviews failed: ${list}; --out says why, row by row`);
    return exitCodes.someFailed;
  }
  requireAssertions(flags.assert ?? [], result);
  return exitCodes.done;
}

/** On stdout, unless the answers are there. */
async function printTable(table: string, flags: ExperimentFlags): Promise<void> {
  const answersOnStdout = (flags.out ?? []).some(({ path }) => path === '-');
  if (!answersOnStdout) await print(table);
  else if (!flags.quiet) process.stderr.write(table);
}
