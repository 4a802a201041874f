import { refuseFolder } from '../../data/read-bytes.js';
import { compareAnnotators } from '../../evaluate/predictions/compare-annotators.js';
import { UsageError } from '../../foundation/errors/chorale-error.js';
import { foldName } from '../../foundation/text/visible-text.js';
import { renderAgreement } from '../../report/render-agreement.js';
import { sourceOf } from '../analyze/open-input.js';
import { readAll } from '../compare/read-predictions.js';
import type { FlagsOf } from '../options/command-options.js';
import { runUntilInterrupted } from '../run-until-interrupted.js';
import type { Terminal } from '../terminal.js';

/** `chorale agreement`: how far annotators of the same items agree. */
export async function agreement(
  [path = '']: readonly string[],
  flags: FlagsOf<'agreement'>,
  terminal: Terminal,
): Promise<number> {
  const { annotators, order, map: translations, seed } = flags;
  if (annotators === undefined) throw new UsageError('whose labels? name their columns with --annotators a,b');
  if (order && new Set(order.map(foldName)).size < Math.max(2, order.length)) {
    throw new UsageError('--order must name two or more different labels');
  }
  return runUntilInterrupted(
    terminal,
    'agreement',
    async (signal) => {
      await refuseFolder(path);
      const rows = await readAll(sourceOf(path, { flags, stdin: terminal.io.stdin }), signal);
      const blank = new Set((flags.blank ?? []).map(foldName));
      const result = compareAnnotators(rows, { annotators, order, translations, blank, seed });
      if (flags.json) await terminal.printJson(result);
      else await terminal.printTables(() => renderAgreement(result));
      const unreadable = rows.length - result.items;
      if (unreadable > 0) terminal.warn(`excluded: ${unreadable} of ${rows.length} rows that cannot be read`);
      return 0;
    },
    { note: 'nothing is written' },
  );
}
