import { readFile, writeFile } from 'node:fs/promises';
import { expect } from 'vitest';

/** What a run with injected faults came to, in reviews; `injected` counts requests. */
export interface FaultRow {
  readonly name: string;
  readonly items: number;
  readonly injected: number;
  readonly recovered: number;
  readonly failed: number;
  readonly lost: number;
}

const page = new URL('../../../docs/reliability.md', import.meta.url);
const begin = '<!-- faults -->';
const end = '<!-- /faults -->';

/**
 * Compares the table of the page with these counts; with `CHORALE_WRITE_DOCS=1` in the environment it writes them
 * instead. The counts depend only on the plans of the faults, so they are the same on every machine.
 */
export async function holdTable(rows: readonly FaultRow[]): Promise<void> {
  const table = renderRows(rows);
  const text = await readFile(page, 'utf8');
  const [before = '', rest = ''] = text.split(begin);
  const [written = '', after = ''] = rest.split(end);
  if (process.env.CHORALE_WRITE_DOCS === '1') {
    await writeFile(page, `${before}${begin}\n\n${table}\n\n${end}${after}`);
    return;
  }
  expect(written.trim(), 'docs/reliability.md is written by: npm run docs:faults').toBe(table);
}

function renderRows(rows: readonly FaultRow[]): string {
  const head =
    '| fault | reviews | faults injected | recovered | failed, with the reason | lost |\n|---|---|---|---|---|---|';
  const lines = rows.map(
    ({ name, items, injected, recovered, failed, lost }) =>
      `| ${name} | ${items} | ${injected} | ${recovered} | ${failed} | ${lost} |`,
  );
  return [head, ...lines].join('\n');
}
