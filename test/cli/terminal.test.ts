import { describe, expect, it } from 'vitest';
import type { Io } from '../../src/cli/io.js';
import { Terminal } from '../../src/cli/terminal.js';
import { memoryStream } from '../harness/run-cli.js';

describe('colours', () => {
  it.each([
    [true, {}, true],
    [true, { TERM: 'xterm' }, true],
    [true, { TERM: 'dumb' }, false],
    [true, { NO_COLOR: '1' }, false],
    [true, { NO_COLOR: '' }, true],
    [true, { FORCE_COLOR: '0' }, false],
    [true, { FORCE_COLOR: 'false' }, false],
    [false, {}, false],
    [false, { FORCE_COLOR: '1' }, true],
    [false, { FORCE_COLOR: '1', TERM: 'dumb' }, true],
    [false, { FORCE_COLOR: '1', NO_COLOR: '1' }, false],
  ])('with a terminal: %j, in the environment %j are written: %j', (isTTY, env, expected) => {
    expect(terminal(env).terminal.isColoured({ isTTY })).toBe(expected);
  });

  it('are given to the first word of errors and warnings, and to nothing that a foreign text brings', () => {
    expect(told('warning: \u001b[31mall\u001b[0m is well', '1')).toBe(
      '\u001b[33mwarning:\u001b[39m  [31mall [0m is well\n',
    );
    expect(told('error: no file [CODE]', '1')).toBe('\u001b[31merror:\u001b[39m no file [CODE]\n');
    expect(told('no error: nothing', '1')).toBe('no error: nothing\n');
  });

  it('are the only sequences that reach stdout, and reach it only where they may be', async () => {
    const text = '\u001b[31mred\u001b[0m \u001b[2J\u001b]0;title\u0007\u202e\r\n';
    expect(await printed(text, '1')).toBe('\u001b[31mred\u001b[0m  [2J ]0;title   \n');
    expect(await printed(text, '0')).toBe(' [31mred [0m  [2J ]0;title   \n');
  });

  it('are not in lines for a file or a pipe', () => {
    expect(told('error: no file [CODE]', '')).toBe('error: no file [CODE]\n');
  });
});

function terminal(env: Io['env']) {
  const [stdout, stderr] = [memoryStream(), memoryStream()];
  const io = { stdout, stderr, env } as unknown as Io;
  return { terminal: new Terminal(io), stdout, stderr };
}

function told(line: string, forced: string): string {
  const { terminal: made, stderr } = terminal({ FORCE_COLOR: forced });
  made.log(line);
  return stderr.text();
}

async function printed(text: string, forced: string): Promise<string> {
  const { terminal: made, stdout } = terminal({ FORCE_COLOR: forced });
  await made.print(text);
  return stdout.text();
}
