import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import type { Event } from '../../../src/foundation/events/event.js';
import { createEmit } from '../../../src/foundation/events/observers.js';
import { pinoObserver } from '../../../src/foundation/events/pino-observer.js';

const started: Event = {
  type: 'worker.start',
  timestamp: Date.UTC(2026, 0, 2, 3, 4, 5, 6),
  source: 'processParallel',
  data: { worker_id: 2, item_index: 0, total_items: null },
};
const startedLine =
  '{"type":"worker.start","timestamp":"2026-01-02T03:04:05.006Z","source":"processParallel","data":{"worker_id":2,"item_index":0,"total_items":null}}\n';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'chorale-pino-'));
});
afterAll(() => rm(folder, { recursive: true }));

test('a line has exactly the keys type, timestamp, source and data, in this order', () => {
  const lines: string[] = [];
  pinoObserver({ destination: { write: (line) => void lines.push(line) } }).onEvent(started);
  expect(lines).toEqual([startedLine]);
  expect(Object.keys(JSON.parse(lines[0] ?? ''))).toEqual(['type', 'timestamp', 'source', 'data']);
});

test('timestamps are ISO-8601 in UTC with milliseconds, also for events of the same millisecond', () => {
  const stamps: string[] = [];
  const write = (line: string) => void stamps.push(JSON.parse(line).timestamp);
  const observer = pinoObserver({ destination: { write } });
  for (const timestamp of [0, 0, 1, 1_767_323_045_000, 0]) observer.onEvent({ ...started, timestamp });
  expect(stamps).toEqual([
    '1970-01-01T00:00:00.000Z',
    '1970-01-01T00:00:00.000Z',
    '1970-01-01T00:00:00.001Z',
    '2026-01-02T03:04:05.000Z',
    '1970-01-01T00:00:00.000Z',
  ]);
});

test('text of others is escaped, so that an event is one line', () => {
  const lines: string[] = [];
  const observer = pinoObserver({ destination: { write: (line) => void lines.push(line) } });
  const message = 'line 1\nline 2 "quoted" \\ \u2028 é 🎵 \u0000 \ud800';
  const data = { worker_id: 0, item_index: 0, total_items: 1, error: true, error_type: 'Error', message };
  observer.onEvent({ ...started, type: 'worker.complete', source: 'a "source"\n', data });
  expect(lines).toHaveLength(1);
  expect(lines[0]?.trimEnd()).not.toContain('\n');
  expect(JSON.parse(lines[0] ?? '')).toMatchObject({ source: 'a "source"\n', data });
});

test('a file holds every line, in order, once the observer is closed', async () => {
  const path = join(folder, 'events.jsonl');
  const observer = pinoObserver({ destination: path });
  const count = 5_000;
  for (let index = 0; index < count; index += 1) {
    observer.onEvent({ ...started, data: { worker_id: 0, item_index: index, total_items: count } });
  }
  await observer.close();
  const lines = (await readFile(path, 'utf8')).trimEnd().split('\n');
  expect(lines.map((line) => JSON.parse(line).data.item_index)).toEqual([...Array(count).keys()]);
});

test('a file that was there is replaced', async () => {
  const path = join(folder, 'replaced.jsonl');
  for (let run = 0; run < 2; run += 1) {
    const observer = pinoObserver({ destination: path });
    observer.onEvent(started);
    await observer.close();
  }
  expect(await readFile(path, 'utf8')).toBe(startedLine);
});

test('closing again, and closing without an event, do no harm', async () => {
  const path = join(folder, 'empty.jsonl');
  const observer = pinoObserver({ destination: path });
  await observer.close();
  await observer.close();
  expect(await readFile(path, 'utf8')).toBe('');
});

test('a path that cannot be opened is refused at once', () => {
  expect(() => pinoObserver({ destination: join(folder, 'missing', 'events.jsonl') })).toThrow(/ENOENT/);
});

test('a full disk drops the observer after one warning, and close tells', async (ctx) => {
  if (process.platform !== 'linux') ctx.skip('needs /dev/full, which only Linux has');
  const observer = pinoObserver({ destination: '/dev/full' });
  const warn = vi.fn();
  const emit = createEmit(observer, 'me', () => 0, warn);
  const data = { worker_id: 0, item_index: 0, total_items: 1 };
  for (let index = 0; index < 1_000; index += 1) emit?.('worker.start', data);
  await expect(observer.close()).rejects.toThrow(/ENOSPC/);
  emit?.('worker.start', data);
  emit?.('worker.start', data);
  expect(warn).toHaveBeenCalledTimes(1);
  expect(warn.mock.calls[0]?.[0]).toContain('ENOSPC');
});

const run = promisify(execFile);
const lineUnderTest = JSON.stringify(started);

/** Runs a program that was built and has `observer` (on stderr or a path) in a process of its own. */
function program(destination: string, body: string) {
  const module = new URL('../../../dist/orchestration/index.js', import.meta.url).href;
  const code = `import { pinoObserver } from ${JSON.stringify(module)};
    const observer = pinoObserver({ destination: ${destination} });
    const event = ${lineUnderTest};
    ${body}`;
  return ['--input-type=module', '--eval', code];
}

test('the default is stderr, where a line is written at once', { timeout: 60_000 }, async () => {
  const { stderr, stdout } = await run(
    process.execPath,
    program('undefined', 'observer.onEvent(event); process.exit();'),
  );
  expect({ stderr, stdout }).toEqual({ stderr: startedLine, stdout: '' });
});

test('lines that are pending when the process exits reach the file', { timeout: 60_000 }, async () => {
  const path = join(folder, 'exit.jsonl');
  await run(process.execPath, program(JSON.stringify(path), 'observer.onEvent(event); process.exit();'));
  expect(await readFile(path, 'utf8')).toBe(startedLine);
});

test('a reader that goes away is no failure, and close does not wait for it', { timeout: 60_000 }, async (ctx) => {
  if (process.platform === 'win32') ctx.skip('needs a named pipe in the file system');
  const pipe = join(folder, 'pipe');
  await run('mkfifo', [pipe]);
  const body = `for (let i = 0; i < 20_000; i += 1) observer.onEvent(event);
    await observer.close();
    console.log('closed');`;
  const script = `head -n 1 '${pipe}' >/dev/null & exec "$0" "$@"`;
  const { stdout } = await run('sh', ['-c', script, process.execPath, ...program(JSON.stringify(pipe), body)]);
  expect(stdout).toBe('closed\n');
});
