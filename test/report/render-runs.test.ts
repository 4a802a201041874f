import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { differingParts } from '../../src/analysis/fingerprint.js';
import { compareRuns, type RowPair } from '../../src/evaluate/compare-runs.js';
import { renderComparison } from '../../src/report/render-run-comparison.js';
import { renderRun, renderRunList, shortRunId } from '../../src/report/render-runs.js';
import type { ComparisonView } from '../../src/report/run-views.js';
import { entry, run } from './sample-runs.js';

/** Of the tables; sentences are wrapped by the terminal. */
const widest = (text: string) => Math.max(...text.split('\n').map((line) => (line.startsWith('│') ? line.length : 0)));

type Answers = readonly [a: string, b: string, expected: string | null, times: number];

/** Pairs of answers with the right one, so often. */
function pairs(...rows: readonly Answers[]) {
  const all = rows.flatMap(([a, b, expected, times]) => Array.from({ length: times }, () => ({ a, b, expected })));
  return all.map(({ a, b, expected }, row): RowPair => {
    const verdict = (sentiment: string) => ({ id: `r${row}`, status: 'ok' as const, sentiment, expected });
    return { a: verdict(a), b: verdict(b) };
  });
}

function view(rows: Iterable<RowPair>, partsB: Readonly<Record<string, string>> = { model: 'm' }, flips = 10) {
  const all = [...rows];
  const differing = differingParts({ model: 'm' }, partsB);
  const shown: ComparisonView = {
    a: entry,
    b: {
      ...entry,
      run_id: 'b8d1c2e3-aaaa',
      model: 'qwen3:4b',
      input: { ...entry.input, names: [`/${'x'.repeat(99)}/r.csv`] },
    },
    fingerprint: { same: differing.length === 0, differing },
    same_input: true,
    ...compareRuns(all, { rowsA: all.length, rowsB: all.length, flips }),
  };
  return shown;
}

describe('the list of runs', () => {
  it('has a line for each: short id, start, what it was, how far it came', () => {
    const text = renderRunList([
      entry,
      { ...entry, status: 'running', model: null, rows: null, input: { names: ['-', 'b'], digest: null, rows: null } },
    ]);
    expect(text).toMatch(
      / 3f9c2a10 +│ 2026-11-21 15:33 +│ analyze +│ done +│ +9 │ +2 │ +12 │ +0\.857 │ llama3\.2:3b │ sentiment │ reviews\.csv /,
    );
    expect(text).toMatch(/running +│ +9 │ +2 │ +\? │ +0\.857 │ – +│ sentiment │ - \+1 /);
    expect(text.endsWith('\n')).toBe(true);
  });

  it('has no control characters and no line of more than 160 columns, whatever the store holds', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (wild) => {
        const wildRun = { ...entry, run_id: wild, command: wild, model: wild, prompt: wild };
        const text = renderRunList([{ ...wildRun, input: { ...entry.input, names: [wild] } }]);
        expect(text).not.toMatch(/[^\P{Cc}\n]/u);
        expect(text.split('\n')).toHaveLength(5);
      }),
    );
  });
});

describe('a run', () => {
  const text = renderRun(run);

  it('shows what it was, what came of it, and what failed', () => {
    expect(text).toContain(entry.run_id);
    expect(text).toMatch(/ended +│ 2026-11-21T15:35:12\.120Z \(after 2 min 5 s\)/);
    expect(text).toMatch(/content \(SHA-256\) +│ d{64} /);
    expect(text).toMatch(/columns and rows used +│ \{"text":"review","limit":12\}/);
    expect(text).toMatch(/retry\.max_retries +│ 3 /);
    expect(text).toMatch(/labels +│ positive, negative /);
    expect(text).toMatch(/positive +│ +6 │ +66\.7 % /);
    expect(text).toMatch(/3 +│ CHORALE_ANSWER_INVALID │ the answer is \[31m none .* │ r4, r 8 … /);
    expect(text).toMatch(/1 +│ – +│ – +│ r10 /);
    expect(text).toMatch(/items +│ 1234567 /);
    expect(text).toMatch(/latency_ms\.p50 +│ 450\.1235 /);
    expect(text).toMatch(/accuracy +│ 0\.8571 /);
    expect(text).not.toContain('latency_ms.first');
    expect(text).not.toContain('warnings');
  });

  it('has neither colour nor control characters, and no line of more than 120 columns', () => {
    expect(text).not.toMatch(/[^\P{Cc}\n]/u);
    expect(widest(text)).toBeLessThanOrEqual(120);
  });

  it('says what is not known', () => {
    const bare = renderRun({
      ...run,
      ended_at: null,
      input: { names: ['-'], digest: null, rows: null },
      sentiment: {},
      failures: [],
      summary: null,
    });
    expect(bare).toMatch(/ended +│ – /);
    expect(bare).toMatch(/rows of the input +│ not counted/);
    expect(bare).not.toContain('summary of the last session');
    expect(bare).not.toContain('failures');
  });
});

describe('two runs', () => {
  it('are shown side by side with what differs', () => {
    const text = renderComparison(view(pairs(['x', 'y', null, 1]), { model: 'n', long: 'cut' }));
    expect(text).toMatch(/run +│ 3f9c2a10 +│ b8d1c2e3 /);
    expect(text).toMatch(/model +│ ollama llama3\.2:3b +│ ollama qwen3:4b /);
    expect(text).toMatch(/model +│ m +│ n /);
    expect(text).toMatch(/long +│ – +│ cut /);
    expect(text).toContain('The inputs are the same.');
    expect(widest(text)).toBeLessThanOrEqual(120);
  });

  it('of long parts shows the place where they differ', () => {
    const long = 'word '.repeat(40);
    const shown = renderComparison({
      ...view([]),
      fingerprint: { same: false, differing: [{ part: 'prompt', a: `${long}one`, b: `${long}two` }] },
    });
    expect(shown).toMatch(/prompt +│ ….*one +│ ….*two /);
  });

  it('have their flips as a matrix, and the first ones row by row', () => {
    const text = renderComparison(view(pairs(['pos', 'pos', 'pos', 3], ['pos', 'neg', 'neg', 2]), undefined, 1));
    expect(text).toContain('Rows in both: 5; only in a: 0; only in b: 0.');
    expect(text).toContain("Same label: 3 (60.0 %); Cohen's κ: 0.000.");
    expect(text).toMatch(/│ neg +│ +0 │ +0 │\n│ pos +│ +2 │ +3 │/);
    expect(text).toMatch(/Other label: 2\n/);
    expect(text).toMatch(/│ r3 +│ pos │ neg │ neg +│\n.*\nand 1 more/);
  });

  const common = 'rows in both whose gold label is known, a has';
  it.each<{ readonly name: string; readonly rows: readonly Answers[]; readonly says: string }>([
    {
      name: 'the same right rows',
      rows: [
        ['p', 'p', 'p', 3],
        ['n', 'n', 'p', 1],
      ],
      says: `Of 4 ${common} 3 right (75 %) and b 3 (75 %), the same rows: no difference.`,
    },
    {
      name: 'few differences',
      rows: [
        ['p', 'p', 'p', 6],
        ['p', 'n', 'p', 3],
        ['n', 'p', 'p', 1],
      ],
      says: `Of 10 ${common} 9 right (90 %) and b 7 (70 %); only a is right on 3, only b on 1, which is not significant: equally good runs differ at least this unevenly in 37.5 % of all cases (McNemar's mid-p test, p = 0.375; a − b is −21.7 to 55.1 points at 95 %).`,
    },
    {
      name: 'more of them',
      rows: [
        ['p', 'p', 'p', 88],
        ['p', 'n', 'p', 2],
        ['n', 'p', 'p', 10],
      ],
      says: "which is statistically significant: equally good runs differ at least this unevenly in 2.2 % of all cases (McNemar's mid-p test, p = 0.022; a − b is −15.8 to −1.4 points at 95 %).",
    },
    {
      name: 'many',
      rows: [['p', 'n', 'p', 100]],
      says: "in less than 0.1 % of all cases (McNemar's mid-p test, p = 1.5e-23; a − b is 92.6 to 100.0 points at 95 %).",
    },
    {
      name: 'more than numbers can tell',
      rows: [['p', 'n', 'p', 2_000]],
      says: "(McNemar's mid-p test, p < 1e-300; a − b is 99.6 to 100.0 points at 95 %).",
    },
    {
      name: 'no gold labels',
      rows: [['p', 'n', null, 100]],
      says: 'No gold label is recorded for any row of both, so the runs cannot be compared by accuracy (--label COLUMN records them).',
    },
    { name: 'no row in common', rows: [], says: 'No row was answered by both, so there is nothing to compare.' },
  ])('with $name have a conclusion', ({ rows, says }) => {
    expect(renderComparison(view(pairs(...rows)))).toContain(`${says}\n`);
  });

  it('whose gold labels contradict each other are not compared by accuracy', () => {
    const [pair] = pairs(['p', 'n', 'p', 1]);
    const rows = pair ? [{ ...pair, b: { ...pair.b, expected: 'n' } }] : [];
    expect(renderComparison(view(rows))).toContain(
      'gold labels of the same rows differ between the runs, so the runs cannot be compared',
    );
  });

  it('whose answers have no label say that there is nothing to compare', () => {
    const without = { id: 'r0', status: 'ok', sentiment: null, expected: null } as const;
    expect(renderComparison(view([{ a: without, b: without }]))).toContain(
      'The answers have no label, so there is nothing to compare.\n',
    );
  });

  it('reach the terminal without control characters', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 99 }), (wild) => {
        const shown = view(pairs([wild, 'x', wild, 1]), { [wild]: wild });
        expect(renderComparison({ ...shown, a: { ...entry, run_id: wild, prompt: wild } })).not.toMatch(/[^\P{Cc}\n]/u);
      }),
      { numRuns: 50 },
    );
  });
});

it('the short id of a run has eight characters', () => {
  expect(shortRunId(entry.run_id)).toBe('3f9c2a10');
});
