import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { docPrograms, root } from './doc-programs.js';

const run = promisify(execFile);
const folder = mkdtempSync(join(tmpdir(), 'chorale-docs-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Those of the README ask a server. */
// The last program of the orchestration page defines tests, whose report comes at the end.
const runnable = [...docPrograms('docs/peers.md'), ...docPrograms('docs/orchestration.md')];
const checked = [...docPrograms('README.md'), ...runnable];

/** As strict as a user may be. */
const compilerOptions = {
  target: 'es2022',
  module: 'nodenext',
  strict: true,
  exactOptionalPropertyTypes: true,
  noUncheckedIndexedAccess: true,
  noImplicitReturns: true,
  types: ['node'],
  outDir: 'built',
};

let diagnostics = '';
let outputs: ReadonlyMap<string, string>;

const mark = '=== program ';
/** Runs the programs one after the other in one process. */
const runner = `for (const name of process.argv.slice(1)) {
  console.log('${mark}' + name);
  await import(process.cwd() + '/built/' + name + '.js');
}`;

/** The project of somebody who has installed the package, compiled. */
beforeAll(async () => {
  mkdirSync(join(folder, 'node_modules'));
  symlinkSync(root, join(folder, 'node_modules/chorale'));
  for (const name of ['@types', 'zod'])
    symlinkSync(join(root, 'node_modules', name), join(folder, 'node_modules', name));
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, include: ['*.ts'] }));
  for (const { name, code } of checked) writeFileSync(join(folder, `${name}.ts`), `${code}export {};\n`);
  const tsc = join(root, 'node_modules/typescript/bin/tsc');
  diagnostics = (await run(process.execPath, [tsc, '-p', folder]).catch((error) => error)).stdout;
  const args = ['--input-type=module', '-e', runner, ...runnable.map(({ name }) => name)];
  const { stdout, stderr } = await run(process.execPath, args, { cwd: folder });
  expect(stderr).toBe('');
  const parts = stdout.split(mark).slice(1);
  outputs = new Map(parts.map((part) => [part.split('\n', 1)[0] ?? '', part.slice(part.indexOf('\n') + 1)]));
}, 60_000);

describe('the programs of the documentation', () => {
  it('are there', () => {
    expect(runnable.length).toBeGreaterThan(10);
    expect(checked.length).toBeGreaterThan(runnable.length);
  });

  it('satisfy a strict compiler', () => {
    expect(diagnostics).toBe('');
  });

  it.each(runnable)('under $heading print what the page says', ({ name, output }) => {
    const printed = outputs.get(name);
    if (output === undefined) expect(printed).not.toBe('');
    else expect(printed).toBe(output);
  });
});
