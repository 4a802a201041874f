import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect } from 'vitest';

const run = promisify(execFile);
const root = fileURLToPath(new URL('../../', import.meta.url));

/** The lines that an example prints, when it is run by its command in examples/README.md. */
export async function runExample(name: string): Promise<readonly string[]> {
  const command = `npx tsx examples/${name}.ts`;
  expect(readFileSync(`${root}examples/README.md`, 'utf8')).toContain(`\`${command}\``);
  const tsx = createRequire(import.meta.url).resolve('tsx/cli');
  const { stdout, stderr } = await run(process.execPath, [tsx, `examples/${name}.ts`], { cwd: root });
  expect(stderr).toBe('');
  return stdout.trimEnd().split('\n');
}
