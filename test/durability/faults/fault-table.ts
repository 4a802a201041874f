import { expect } from 'vitest';
import { isWriting, pageTable } from '../page-table.js';

/** What a run with injected faults came to, in reviews; `injected` counts requests. */
export interface FaultRow {
  readonly name: string;
  readonly items: number;
  readonly injected: number;
  readonly recovered: number;
  readonly failed: number;
  readonly lost: number;
}

const faultTable = pageTable('reliability.md', 'faults');

/**
 * Compares the table of the page with these counts; with `CHORALE_WRITE_DOCS=1` in the environment it writes them
 * instead. The counts depend only on the plans of the faults, so they are the same on every machine.
 */
export async function holdTable(rows: readonly FaultRow[]): Promise<void> {
  const table = renderRows(rows);
  if (isWriting) await faultTable.write(table);
  else expect(await faultTable.read(), 'docs/reliability.md is written by: npm run docs:faults').toBe(table);
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
