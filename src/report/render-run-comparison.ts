import type { DifferingPart } from '../analysis/fingerprint.js';
import type { AccuracyComparison, RunComparison } from '../evaluate/compare-runs.js';
import { blankControls } from '../foundation/text/control-characters.js';
import { renderMoment, shortRunId } from './render-runs.js';
import type { ComparisonView, RunEntry } from './run-views.js';
import { compactTable } from './table.js';
import { clipped } from './terminal-text.js';

const widest = 40;

/** Two runs side by side: facts, differences of the answers, conclusion. */
export function renderComparison(view: ComparisonView): string {
  return `${[
    renderRuns(view),
    renderDifferences(view.fingerprint.differing),
    renderRows(view),
    ...(view.answered.both > 0 ? [renderMatrix(view)] : []),
    ...(view.flips.first.length > 0 ? [renderFlips(view)] : []),
    blankControls(concludeComparison(view)),
  ].join('\n\n')}\n`;
}

function renderRuns({ a, b, same_input: same }: ComparisonView): string {
  const row = (name: string, of: (run: RunEntry) => string) => [name, clipped(of(a), widest), clipped(of(b), widest)];
  const rows = [
    row('run', ({ run_id }) => shortRunId(run_id)),
    row('started (UTC)', ({ started_at }) => renderMoment(started_at)),
    row('status', ({ status }) => status),
    row('model', ({ provider, model }) => [provider, model].filter((part) => part !== null).join(' ') || '–'),
    row('prompt', ({ prompt }) => prompt ?? '–'),
    row('input', ({ input }) => endOf(input.names.join(', '))),
    row('answered / failed / skipped', (run) => `${run.succeeded} / ${run.failed} / ${run.skipped}`),
  ];
  const note = {
    true: 'The inputs are the same.',
    false: 'The inputs differ.',
    null: 'Whether the inputs are the same is not known.',
  };
  return `${compactTable(['', 'a', 'b'], rows)}\n${note[`${same}`]}`;
}

/** The end of a path says more than its beginning. */
function endOf(path: string): string {
  return path.length > widest ? `…${path.slice(1 - widest)}` : path;
}

function renderDifferences(differing: readonly DifferingPart[]): string {
  if (differing.length === 0) return 'The fingerprints are the same: model, prompt and options do not differ.';
  const rows = differing.map(({ part, a, b }) => {
    const start = a === null || b === null ? 0 : differingFrom(a, b);
    const shown = (value: string | null) => (value === null ? '–' : clipped(cutBefore(value, start), widest));
    return [clipped(part, widest), shown(a), shown(b)];
  });
  return compactTable(['what differs', 'a', 'b'], rows);
}

/** Where long texts begin to differ, less a few characters of what they share. */
function differingFrom(a: string, b: string): number {
  let same = 0;
  while (same < a.length && a[same] === b[same]) same += 1;
  return same < widest - 14 ? 0 : same - 10;
}

function cutBefore(text: string, start: number): string {
  return start === 0 ? text : `…${text.slice(start)}`;
}

function renderRows({ rows, answered, agreement }: RunComparison): string {
  const lines = [
    `Rows in both: ${rows.both}; only in a: ${rows.only_a}; only in b: ${rows.only_b}.`,
    `Of those in both, answered by both: ${answered.both}; only by a: ${answered.only_a}; only by b: ${answered.only_b}; by neither: ${answered.neither}.`,
  ];
  if (agreement.share !== null) {
    const kappa = agreement.kappa === null ? 'not defined (one label throughout)' : agreement.kappa.toFixed(3);
    lines.push(`Same label: ${agreement.equal} (${(agreement.share * 100).toFixed(1)} %); Cohen's κ: ${kappa}.`);
  }
  return lines.join('\n');
}

function renderMatrix({ agreement: { labels, matrix } }: RunComparison): string {
  const names = labels.map((label) => clipped(label, 20));
  return compactTable(
    ['a ↓  b →', ...names],
    matrix.map((counts, index) => [names[index], ...counts]),
    { left: 1 },
  );
}

function renderFlips({ flips }: RunComparison): string {
  const known = flips.first.some(({ expected }) => expected !== null);
  const rows = flips.first.map(({ id_a, id_b, a, b, expected }) => {
    const row = clipped(id_a === id_b ? id_a : `${id_a} / ${id_b}`, widest);
    return [row, clipped(a, 20), clipped(b, 20), ...(known ? [clipped(expected ?? '–', 20)] : [])];
  });
  const table = compactTable(['row', 'a', 'b', ...(known ? ['gold label'] : [])], rows);
  const more = flips.count - flips.first.length;
  return `Other label: ${flips.count}\n${table}${more > 0 ? `\nand ${more} more` : ''}`;
}

/** One sentence about which of two runs is better. Failed rows count as wrong. */
export function concludeComparison(comparison: RunComparison): string {
  const { answered, agreement, rightness, expected_differs: differing } = comparison;
  const isCompared = rightness !== null && rightness.rows > 0 && answered.both + answered.only_a + answered.only_b > 0;
  if (isCompared) return concludeAccuracy(rightness);
  if (answered.both === 0) return 'No row was answered by both, so there is nothing to compare.';
  if (agreement.share === null) return 'The answers have no label, so there is nothing to compare.';
  if (differing > 0) {
    return 'The gold labels of the same rows differ between the runs, so the runs cannot be compared by accuracy.';
  }
  return (
    'No gold label is recorded for any row of both, so the runs cannot be compared by accuracy ' +
    '(--label COLUMN records them).'
  );
}

function concludeAccuracy({ both_answered: answered, ...all }: AccuracyComparison): string {
  const hasFailures = answered === null || answered.rows < all.rows;
  const found = describeCounts(`Of ${all.rows} rows in both whose gold label is known`, all);
  if (!hasFailures) return found;
  const beside =
    answered === null
      ? 'No row was answered by both.'
      : describeCounts(`Of the ${answered.rows} rows that both answered`, answered);
  return `${found} A failed row counts as wrong. ${beside}`;
}

type Counts = Omit<AccuracyComparison, 'both_answered'>;

function describeCounts(rows: string, counts: Counts): string {
  const { both_right: both, only_a_right: onlyA, only_b_right: onlyB, accuracy_a, accuracy_b, p_value } = counts;
  const found = `${rows}, a has ${both + onlyA} right (${percent(accuracy_a)}) and b ${both + onlyB} (${percent(accuracy_b)})`;
  if (onlyA + onlyB === 0) return `${found}, the same rows: no difference.`;
  const points = [counts.difference.lower, counts.difference.upper].map((end) => (end * 100).toFixed(1)).join(' to ');
  const significance = counts.significant ? 'statistically significant' : 'not significant';
  return (
    `${found}; only a is right on ${onlyA}, only b on ${onlyB}, which is ${significance}: equally good runs differ at least ` +
    `this unevenly in ${shareOfCases(p_value)} of all cases (McNemar's mid-p test, ${renderPValue(p_value)}; a − b is ` +
    `${points.replaceAll('-', '−')} points at 95 %).`
  );
}

function shareOfCases(p: number): string {
  return p < 0.001 ? 'less than 0.1 %' : percent(p);
}

/** `p = 0.034`, `p = 2.1e-8`, `p < 1e-300`. */
function renderPValue(p: number): string {
  if (p < 1e-300) return 'p < 1e-300';
  return `p = ${p < 0.001 ? p.toExponential(1) : Number(p.toFixed(3))}`;
}

function percent(share: number): string {
  return `${Number((share * 100).toFixed(1))} %`;
}
