import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe } from 'vitest';
import { cliCommand, runCliProcess } from '../harness/cli-process.js';
import { liveTest } from './live-test.js';
import { startRegistry } from './registry.js';

describe('models on the live server', () => {
  liveTest('pull stops at Ctrl-C, goes on where it stopped, and rm removes what came', async ({ ollama, expect }) => {
    const megabyte = 1_000_000;
    const registry = await startRegistry(40 * megabyte);
    try {
      registry.stallAfter(30 * megabyte);
      const command = ['pull', registry.model, '--insecure', '--host', ollama.host];
      const [program, args] = cliCommand(command);
      const child = spawn(program, args, { stdio: ['ignore', 'ignore', 'pipe'] });
      let seen = '';
      child.stderr.setEncoding('utf8').on('data', (text: string) => {
        seen += text;
      });
      await registry.stalled;
      // The server tells how far it is several times a second.
      await expect.poll(() => seen, { timeout: 60_000 }).toMatch(/ of 40\.0 MB/);
      child.kill('SIGINT');
      expect(await once(child, 'close')).toEqual([130, null]);

      registry.stallAfter(undefined);
      const before = registry.sentBytes;
      const end = await runCliProcess([...command, '--quiet']);
      expect(end).toMatchObject({ code: 0, stderr: '', stdout: `${ollama.host}: pulled ${registry.model}\n` });
      // What had come was not sent again.
      expect(before).toBeGreaterThan(0);
      expect(registry.sentBytes - before).toBeLessThan(registry.layerBytes);

      const name = registry.model.replace('http://', '');
      expect(await runCliProcess(['rm', name, '--host', ollama.host])).toMatchObject({
        code: 0,
        stdout: `${ollama.host}: removed ${name}\n`,
      });
      expect(await runCliProcess(['rm', name, '--host', ollama.host])).toMatchObject({
        code: 4,
        stderr: expect.stringMatching(
          new RegExp(`nothing was removed.*${ollama.model}|${ollama.model}.*nothing was removed`),
        ),
      });
    } finally {
      await registry.close();
    }
  });

  liveTest('a registry that cannot be reached is told in one line', async ({ ollama, expect }) => {
    const end = await runCliProcess([
      'pull',
      'http://127.0.0.1:1/library/tiny:latest',
      '--insecure',
      '--host',
      ollama.host,
    ]);
    expect(end).toMatchObject({ code: expect.any(Number), stdout: '' });
    expect(end.code).not.toBe(0);
    expect(end.code).not.toBe(1);
    expect(end.stderr.trimEnd().split('\n').at(-1)).toMatch(/^error: .*\[CHORALE_\w+\]$/);
  });
});
