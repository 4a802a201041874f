import { writeText } from '../../data/file-sinks.js';
import { answerMetricsByName } from '../../evaluate/experiment/metric-names.js';
import { comparePredictions } from '../../evaluate/predictions/compare-predictions.js';
import { renderPredictions, renderPredictionsMarkdown } from '../../report/render-predictions.js';
import { readPredictions } from '../compare/read-predictions.js';
import { checkVariants, missedChecks } from '../experiment/check-conditions.js';
import { checkAssertedNames, refuseContradiction } from '../experiment/check-flags.js';
import { refuseLoss, refuseSharedStdout } from '../guard-files.js';
import type { CompareFlags } from '../options/command-options.js';
import { flagOf, printError } from '../print-error.js';
import { runUntilInterrupted } from '../run-until-interrupted.js';
import type { Terminal } from '../terminal.js';

/** `chorale compare`: predictions that any tool made. */
export async function compare(paths: readonly string[], flags: CompareFlags, terminal: Terminal): Promise<number> {
  const { assertVariants: assert = [], markdown, json = false } = flags;
  refuseContradiction(assert);
  refuseSharedStdout([
    ['--markdown -', markdown === '-'],
    ['--json', json],
  ]);
  return runUntilInterrupted(
    terminal,
    'compare',
    async (signal) => {
      const files = await readPredictions(paths, flags, terminal.io.stdin, signal);
      const inputs = files.map(({ path }) => ({ path, what: 'the input' }));
      refuseLoss({ inputs, prompts: [], outputs: [markdown] });
      const { labels, map: translations, missing, criterion, seed } = flags;
      const options = { labels, translations, missing, criterion, seed, spell: flagOf, signal };
      const { result, texts } = await comparePredictions(files, options);
      const [first] = result.variants;
      const names = result.variants.map(({ name }) => name);
      checkAssertedNames(assert, names, first ? [...answerMetricsByName(first).keys()] : []);
      const checks = checkVariants(assert, result, answerMetricsByName);
      const report = markdown === undefined ? '' : renderPredictionsMarkdown(result, checks);
      if (json) await terminal.printJson(result);
      else if (markdown === '-') await terminal.print(report);
      else await terminal.printTables(() => renderPredictions(result, texts));
      if (markdown !== undefined && markdown !== '-') await writeText(markdown, report);
      for (const warning of result.warnings) terminal.warn(warning);
      const missed = missedChecks(checks);
      return missed ? printError(terminal, missed, flags.verbose === true) : 0;
    },
    { note: 'nothing is written' },
  );
}
