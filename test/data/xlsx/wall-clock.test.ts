import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readRows } from '../../../src/data/read-rows.js';
import { wallClock } from '../../../src/data/xlsx/wall-clock.js';
import { tempFolder } from '../temp-folder.js';
import { makeWorkbook, row } from './make-workbook.js';

const folder = tempFolder();

const styles =
  '<numFmts><numFmt numFmtId="164" formatCode="yyyy\\-mm\\-dd\\ hh:mm:ss"/></numFmts><cellXfs><xf numFmtId="0"/><xf numFmtId="164"/></cellXfs>';

/** A workbook with serial numbers that are shown as dates. */
const datedBook = (serials: readonly number[], date1904 = false) => {
  const cells = serials.map((serial, index) => row(index + 2, { xml: `<c s="1"><v>${serial}</v></c>` }));
  return makeWorkbook({ sheets: { One: row(1, 'date') + cells.join('') }, styles, date1904 });
};

async function datesOf(serials: readonly number[], date1904 = false): Promise<readonly unknown[]> {
  const path = await folder.put('dates.xlsx', datedBook(serials, date1904));
  const dates: unknown[] = [];
  for await (const { cells } of readRows([{ path, format: 'xlsx' }])) dates.push(cells[0]);
  return dates;
}

describe('dates of a workbook', () => {
  it('are in wall-clock time: without a time at midnight, without a date on day 0', async () => {
    expect(await datesOf([1, 59, 60, 61, 25_569, 45_322, 45_322.5, 45_322.520833333336, 0.520833333333333])).toEqual([
      ...['1900-01-01', '1900-02-28'],
      // A day that Excel has by mistake.
      '1900-02-29',
      ...['1900-03-01', '1970-01-01', '2024-01-31', '2024-01-31T12:00:00', '2024-01-31T12:30:00', '12:30:00'],
    ]);
  });

  it('may be counted from 1904 on', async () => {
    expect(await datesOf([0, 43_860, 43_860.25, 0.25], true)).toEqual([
      ...['1904-01-01', '2024-01-31', '2024-01-31T06:00:00', '1904-01-01T06:00:00'],
    ]);
  });

  it('are the second that was put in, for every second from March 1900 to 9999', async () => {
    const [first, last] = [Date.UTC(1900, 2, 1) / 1000, Date.UTC(9999, 11, 31, 23, 59, 59) / 1000];
    const seconds = fc.sample(fc.integer({ min: first, max: last }), { seed: 1, numRuns: 3000 });
    const dates = await datesOf(seconds.map((second) => second / 86_400 + 25_569));
    expect(dates).toEqual(
      seconds.map((second) =>
        new Date(second * 1000)
          .toISOString()
          .slice(0, 19)
          .replace(/T00:00:00$/, ''),
      ),
    );
  });

  it('do not depend on the time zone of the machine', async () => {
    const path = await folder.put('zones.xlsx', datedBook([1, 45_322.0625, 45_382.104166666664, 45_592.0625]));
    const module = fileURLToPath(new URL('../../../src/data/read-rows.ts', import.meta.url));
    const script = `import { readRows } from ${JSON.stringify(module)};
      const dates = [];
      for await (const { cells } of readRows([{ path: ${JSON.stringify(path)}, format: 'xlsx' }])) dates.push(cells[0]);
      console.log(new Date(2024, 0, 1).getTimezoneOffset(), dates.join(' '));`;
    const lines = ['Pacific/Auckland', 'America/Los_Angeles', 'Asia/Kolkata'].map((TZ) =>
      execFileSync(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', script], {
        env: { ...process.env, TZ },
        encoding: 'utf8',
      }).trim(),
    );
    const dates = '1900-01-01 2024-01-31T01:30:00 2024-03-31T02:30:00 2024-10-27T01:30:00';
    expect(lines).toEqual([`-780 ${dates}`, `480 ${dates}`, `-330 ${dates}`]);
  }, 30_000);

  it.each([
    [Date.UTC(1899, 11, 30), '00:00:00'],
    [Date.UTC(2024, 0, 31, 23, 59, 59, 999), '2024-02-01'],
    [Date.UTC(2024, 0, 31, 1, 2, 3, 500), '2024-01-31T01:02:03.500'],
  ])('have their milliseconds rounded, as serial numbers cannot: %d', (ms, iso) => {
    expect(wallClock(new Date(ms), false)).toBe(iso);
  });
});
