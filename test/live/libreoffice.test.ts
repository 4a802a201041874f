import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, describe, expect, test } from 'vitest';
import { formatOf } from '../../src/data/data-format.js';
import { readRows } from '../../src/data/read-rows.js';
import { cellText } from '../../src/data/result-text.js';
import { runCli } from '../harness/run-cli.js';
import { missing } from './live-test.js';

const folder = mkdtempSync(join(tmpdir(), 'chorale-libreoffice-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const run = promisify(execFile);
const timeoutMs = 120_000;

const reviews = [
  { id: 1, review: 'Très bon, ça marche — 5 €, 日本語 😀 & <b>', code: '007', price: 1.25, fine: true },
  { id: 2, review: 'awful\ntwo lines with "quotes"; and, signs', code: '=1+1', price: -3, fine: false },
  { id: 3, review: "  good, with 'blanks' around  ", code: '2024-01-31x', price: 1e-7, fine: null },
  { id: 4, review: 'Größe ÄÖÜ ß ñ ø', code: '+49 30 1234', price: 123456789012345, fine: true },
];

/** What a person chooses when LibreOffice opens a CSV: commas, double quotes, UTF-8; and dates are dates. */
const csvOptions = '--infilter=CSV:44,34,76,1,,0,false,true';

/** Has LibreOffice open a file and save it as a workbook. @returns its path */
async function convert(path: string, env: NodeJS.ProcessEnv = {}): Promise<string> {
  const outdir = mkdtempSync(join(folder, 'converted-'));
  const profile = `-env:UserInstallation=${pathToFileURL(join(folder, 'profile'))}`;
  const options = path.endsWith('.csv') ? [csvOptions] : [];
  await run('soffice', [profile, '--headless', ...options, '--convert-to', 'xlsx', '--outdir', outdir, path], {
    timeout: timeoutMs,
    env: { ...process.env, ...env },
  });
  return join(outdir, `${basename(path).replace(/\.\w+$/, '')}.xlsx`);
}

async function cellsOf(path: string): Promise<readonly (readonly unknown[])[]> {
  const rows: (readonly unknown[])[] = [];
  for await (const { columns, cells } of readRows([{ path, format: formatOf(path) ?? 'csv' }])) {
    if (rows.length === 0) rows.push(columns);
    rows.push(cells);
  }
  return rows;
}

const asText = (rows: readonly (readonly unknown[])[]) => rows.map((cells) => cells.map(cellText));

async function hasLibreOffice(): Promise<boolean> {
  return run('soffice', ['--version'], { timeout: timeoutMs }).then(
    () => true,
    () => false,
  );
}

const officeTest = test.extend<{ office: undefined }>({
  office: [
    async ({ skip }, use) => {
      if (!(await hasLibreOffice()))
        return missing('there is no soffice on the PATH: scripts/install-libreoffice.sh', skip);
      await use(undefined);
    },
    { auto: true },
  ],
});

describe('results in a spreadsheet program', () => {
  const input = join(folder, 'reviews.jsonl');
  writeFileSync(input, reviews.map((review) => `${JSON.stringify(review)}\n`).join(''));
  const write = async (...args: readonly string[]) => {
    const end = await runCli(['analyze', input, '--text', 'review', '--provider', 'lexicon', '--quiet', ...args]);
    expect([end.code, end.stderr]).toEqual([0, '']);
  };

  officeTest(
    'a workbook has the same cells, with their types, after LibreOffice has opened and saved it',
    { timeout: timeoutMs },
    async () => {
      const path = join(folder, 'results.xlsx');
      await write('--out', path);
      const written = await cellsOf(path);
      expect(written.slice(1).map((cells) => cells.slice(0, 5))).toEqual(
        reviews.map((review) => Object.values(review)),
      );
      expect(await cellsOf(await convert(path))).toEqual(written);
    },
  );

  officeTest('a CSV with accents has the same cells in LibreOffice', { timeout: timeoutMs }, async () => {
    const path = join(folder, 'results.csv');
    await write('--bom', '--out', path);
    const written = await cellsOf(path);
    const opened = await cellsOf(await convert(path));
    const text = (rows: readonly (readonly unknown[])[]) => asText(rows).map((cells) => cells[1]);
    expect(text(opened)).toEqual(text(written));
    expect(text(opened).slice(1)).toEqual(reviews.map(({ review }) => review));
    expect(opened.map((cells) => cells.length)).toEqual(written.map((cells) => cells.length));
  });

  officeTest(
    'dates of LibreOffice are read in wall-clock time, in whatever time zone',
    { timeout: 3 * timeoutMs },
    async () => {
      const path = join(folder, 'dates.csv');
      writeFileSync(path, '\ufeffdate,time\n2024-01-31,2024-03-31 02:30:00\n1999-12-31,2024-10-27 02:30:00\n');
      for (const TZ of ['Europe/Berlin', 'Pacific/Auckland', 'America/Los_Angeles']) {
        expect(await cellsOf(await convert(path, { TZ })), TZ).toEqual([
          ['date', 'time'],
          ['2024-01-31', '2024-03-31T02:30:00'],
          ['1999-12-31', '2024-10-27T02:30:00'],
        ]);
      }
    },
  );
});
