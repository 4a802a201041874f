import { execFile } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, describe, expect, it } from 'vitest';
import { readmeCommands, root } from './readme-commands.js';

const run = promisify(execFile);
const folder = mkdtempSync(join(tmpdir(), 'chorale-readme-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A folder in which `npx chorale` is this checkout, as it is in a clone after `npm ci`. */
function clone(): NodeJS.ProcessEnv {
  const bin = join(folder, 'bin');
  if (!existsSync(bin)) {
    mkdirSync(bin);
    writeFileSync(join(bin, 'npx'), `#!/bin/sh\nshift\nexec node ${root}dist/cli/bin.js "$@"\n`);
    chmodSync(join(bin, 'npx'), 0o755);
    symlinkSync(`${root}examples`, join(folder, 'examples'));
  }
  return { ...process.env, PATH: `${bin}:${process.env.PATH}`, OLLAMA_HOST: 'http://127.0.0.1:9' };
}

const installing = /^npm ci && npm (start|test)$/;

describe('the commands of the README', () => {
  it('are there', () => {
    expect(readmeCommands('sh').length).toBeGreaterThan(5);
    expect(readmeCommands('sh live').length).toBeGreaterThan(1);
  });

  it.each(readmeCommands('sh').filter((command) => !installing.test(command)))('%s', async (command) => {
    const { stdout } = await run('sh', ['-c', command], { cwd: folder, env: clone() });
    expect(stdout).not.toBe('');
  });

  it('npm start is the demo', () => {
    const { scripts, bin } = JSON.parse(readFileSync(`${root}package.json`, 'utf8'));
    expect(scripts.start).toBe(`node ${bin.chorale} demo`);
  });

  it('that install are scripts of the package, and CI runs them', () => {
    const { scripts } = JSON.parse(readFileSync(`${root}package.json`, 'utf8'));
    for (const command of readmeCommands('sh').filter((one) => installing.test(one))) {
      expect(scripts).toHaveProperty(installing.exec(command)?.[1] ?? '');
    }
    expect(readFileSync(`${root}.ci/run`, 'utf8')).toMatch(/npm ci/);
  });
});
