import { differingParts } from '../../../analysis/fingerprint.js';
import type { OutcomeRecord } from '../../../analysis/run-store.js';
import { compareRuns, type RowPair, type RowPrediction } from '../../../evaluate/compare-runs.js';
import { concludeComparison, renderComparison } from '../../../report/render-run-comparison.js';
import type { ComparisonView } from '../../../report/render-runs.js';
import type { RunArchive, RunHeader } from '../../../store/runs/run-archive.js';
import type { ComparisonFlags } from '../../flags.js';
import { findRun } from '../../runs/find-run.js';
import { withArchive } from '../../runs/open-archive.js';
import { toEntry } from '../../runs/to-view.js';
import type { Terminal } from '../../terminal.js';

const defaultFlips = 10;

/** `chorale runs compare`: how two runs differ, and whether that proves one of them better. */
export async function compareRecordedRuns(
  names: readonly string[],
  flags: ComparisonFlags,
  terminal: Terminal,
): Promise<number> {
  const [nameA = '', nameB = ''] = names;
  const view = await withArchive(flags, (archive) => {
    const a = findRun(archive, nameA);
    const b = findRun(archive, nameB);
    return compareIn(archive, a, b, flags.flips ?? defaultFlips);
  });
  if (flags.json) await terminal.printJson({ ...view, conclusion: concludeComparison(view) });
  else await terminal.printTables(() => renderComparison(view));
  return 0;
}

function compareIn(archive: RunArchive, a: RunHeader, b: RunHeader, flips: number): ComparisonView {
  const differing = differingParts(archive.fingerprint(a.id).parts, archive.fingerprint(b.id).parts);
  const digestA = archive.input(a.id).digest;
  const digestB = archive.input(b.id).digest;
  return {
    a: toEntry(archive, a),
    b: toEntry(archive, b),
    fingerprint: { same: differing.length === 0, differing },
    same_input: digestA === null || digestB === null ? null : digestA === digestB,
    ...compareRuns(verdictPairs(archive, a, b), { rowsA: a.answered + a.failed, rowsB: b.answered + b.failed, flips }),
  };
}

function* verdictPairs(archive: RunArchive, a: RunHeader, b: RunHeader): Generator<RowPair> {
  for (const pair of archive.pairs(a.id, b.id)) yield { a: toVerdict(pair.a), b: toVerdict(pair.b) };
}

function toVerdict({ id, status, prediction, expected }: OutcomeRecord): RowPrediction {
  return { id, status, sentiment: prediction?.label ?? null, expected };
}
