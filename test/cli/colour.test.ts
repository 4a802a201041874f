import { describe, expect, it, vi } from 'vitest';
import { isColoured, print, tell } from '../../src/cli/standard-streams.js';

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
    expect(isColoured({ isTTY }, env)).toBe(expected);
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

function told(line: string, forced: string): string {
  vi.stubEnv('FORCE_COLOR', forced);
  vi.stubEnv('NO_COLOR', '');
  const written: string[] = [];
  const write = vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    written.push(String(text));
    return true;
  });
  const terminal = process.stderr.isTTY;
  process.stderr.isTTY = false;
  try {
    tell(line);
    return written.join('');
  } finally {
    process.stderr.isTTY = terminal;
    write.mockRestore();
    vi.unstubAllEnvs();
  }
}

async function printed(text: string, forced: string): Promise<string> {
  vi.stubEnv('FORCE_COLOR', forced);
  vi.stubEnv('NO_COLOR', '');
  const written: string[] = [];
  const write = vi.spyOn(process.stdout, 'write').mockImplementation((some) => {
    written.push(String(some));
    return true;
  });
  try {
    await print(text);
    return written.join('');
  } finally {
    write.mockRestore();
    vi.unstubAllEnvs();
  }
}
