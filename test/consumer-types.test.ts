import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { root } from './doc-programs.js';

const run = promisify(execFile);
const folder = mkdtempSync(join(tmpdir(), 'chorale-consumer-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const { exports, peerDependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const entries = Object.entries<{ types?: string }>(exports).flatMap(([path, { types }]) =>
  types === undefined ? [] : `chorale${path.slice(1)}`,
);

/** Neither the DOM nor the types of Node are named: what the declarations need, they bring. */
const compilerOptions = {
  target: 'es2022',
  module: 'nodenext',
  lib: ['ES2023'],
  types: [],
  strict: true,
  exactOptionalPropertyTypes: true,
  skipLibCheck: false,
  noEmit: true,
};

/** The project of somebody who has installed the package. */
beforeAll(() => {
  mkdirSync(join(folder, 'node_modules'));
  symlinkSync(root, join(folder, 'node_modules/chorale'));
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
});

/** What the compiler says of a program, all declarations included. */
async function diagnose(code: string): Promise<string> {
  writeFileSync(join(folder, 'program.ts'), code);
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, include: ['*.ts'] }));
  const tsc = join(root, 'node_modules/typescript/bin/tsc');
  return run(process.execPath, [tsc, '-p', folder]).then(
    () => '',
    ({ stdout }) => stdout,
  );
}

describe('the declarations of the package', () => {
  it.each(entries)('compile where %s is all that is imported, libraries checked and no DOM', async (entry) => {
    expect(await diagnose(`export * from '${entry}';\n`)).toBe('');
  });

  it('are checked: a wrong call does not compile', async () => {
    const code = "import { processParallel } from 'chorale';\nexport const run = () => processParallel(5, (n) => n);\n";
    expect(await diagnose(code)).toContain('program.ts(2,');
  });

  it('have the types of Node wherever the package is installed', () => {
    expect(entries).toHaveLength(5);
    expect(Object.keys(peerDependencies)).toEqual(['@types/node']);
  });
});
