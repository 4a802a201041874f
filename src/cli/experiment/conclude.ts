import { writeText } from '../../data/file-sinks.js';
import type { BaselineResult } from '../../evaluate/experiment/compare-baseline.js';
import { acceptsFailures, type Check } from '../../evaluate/experiment/experiment-result.js';
import type { Experiment } from '../../evaluate/experiment/run-experiment.js';
import { shellWord } from '../../foundation/text/message-text.js';
import { renderDifferences, renderExperiment } from '../../report/render-experiment.js';
import { renderJunit } from '../../report/render-junit.js';
import { renderExperimentMarkdown } from '../../report/render-markdown.js';
import { whereResultsAre } from '../analyze/conclude.js';
import { usesStdout } from '../guard-files.js';
import type { ExperimentFlags } from '../options/command-options.js';
import { printError } from '../print-error.js';
import { noProbabilities } from '../probability-fields.js';
import type { Terminal } from '../terminal.js';
import { checkAssertions, missedChecks } from './check-conditions.js';

const exitCodes = { done: 0, notReached: 4, someFailed: 5 };

/**
 * Prints what an experiment came to, writes the reports, and finds the exit code.
 * @param baseline the best variant against `--baseline`
 * @param store where the runs are recorded
 * @throws OutputError
 */
export async function conclude(
  { result, answers }: Experiment,
  flags: ExperimentFlags,
  baseline: BaselineResult | undefined,
  store: string,
  terminal: Terminal,
): Promise<number> {
  const checks = checkAssertions(flags.assertVariants ?? [], result, baseline);
  await writeReports({ result, checks, baseline }, flags, terminal);
  if (flags.markdown !== '-') await printResult({ result, answers }, flags, baseline, terminal);
  const reused = result.variants.reduce((sum, { cached }) => sum + cached, 0);
  if (reused > 0) {
    const answers = reused === 1 ? '1 answer was' : `${reused} answers were`;
    terminal.note(`${answers} there already (--fresh asks for all of them again)`);
  }
  for (const warning of result.warnings) terminal.warn(warning);
  for (const { name, answered, confidence } of flags.outProbabilities ? result.variants : []) {
    if (answered > 0 && confidence.answers === 0) terminal.warn(`${name}: ${noProbabilities}`);
  }
  logWhere(result, flags, store, terminal);
  const unreached = result.variants.filter(({ problem }) => problem !== null);
  const failed = result.variants.filter((variant) => variant.failed > 0);
  if (failed.length > 0) {
    const list = failed.map((variant) => `${variant.name} ${variant.failed} of ${variant.rows}`).join(', ');
    terminal.note(`some reviews failed: ${list}; --out says why, row by row`, 'bad');
  }
  const missed = missedChecks(checks);
  const missedCode = missed && printError(terminal, missed, flags.verbose === true);
  if (unreached.length > 0) return exitCodes.notReached;
  if (failed.some(({ name }) => !acceptsFailures(checks, name))) return exitCodes.someFailed;
  return missedCode ?? exitCodes.done;
}

/** Says where the results are. */
function logWhere({ variants }: Experiment['result'], flags: ExperimentFlags, store: string, terminal: Terminal): void {
  const { out = [], outProbabilities, outDisagreements, junit, markdown } = flags;
  const files = [...out.map(({ path }) => path), outProbabilities?.path, outDisagreements?.path, junit, markdown];
  const runs = variants.reduce((sum, variant) => sum + variant.runs.length, 0);
  const recorded = `${runs} ${runs === 1 ? 'run' : 'runs'} in ${shellWord(store)}`;
  terminal.note(
    whereResultsAre(
      files.filter((path) => path !== undefined),
      recorded,
    ),
  );
}

/** The JUnit file and the Markdown, before anything can end the command. */
async function writeReports(
  {
    result,
    ...extras
  }: { result: Experiment['result']; checks: readonly Check[]; baseline: BaselineResult | undefined },
  { junit, markdown }: ExperimentFlags,
  terminal: Terminal,
): Promise<void> {
  if (junit !== undefined) await writeText(junit, renderJunit(result, extras.checks));
  if (markdown === undefined) return;
  const text = renderExperimentMarkdown(result, extras);
  if (markdown === '-') await terminal.print(text);
  else await writeText(markdown, text);
}

/** All metrics, as one object or as tables. */
async function printResult(
  { result, answers }: Experiment,
  flags: ExperimentFlags,
  baseline: BaselineResult | undefined,
  terminal: Terminal,
): Promise<void> {
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
    await terminal.printJson({ ...result, ...(diff && { diff }), ...(baseline && { baseline }) });
    return;
  }
  const texts = new Map(answers.rows.map(({ index, text }) => [index, text]));
  const render = () => {
    const parts = [renderExperiment(result, texts)];
    if (baseline) parts.push(`baseline, on ${baseline.rows} rows: ${baseline.sentence}\n`);
    if (differences && a !== undefined && b !== undefined) parts.push(renderDifferences(a, b, differences));
    return parts.join('\n');
  };
  await terminal.printTables(render, usesStdout(flags));
}
