import { appendFile, readFile, truncate } from 'node:fs/promises';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { openDirectFile } from '../../src/data/file-sinks.js';
import { LineWriter } from '../../src/data/open-writer.js';
import { type Sink, writeAll } from '../../src/data/stream-sinks.js';
import { createManualClock } from '../../src/testing/manual-clock.js';
import { tempFolder } from './temp-folder.js';

/** A sink whose writes settle when the test says so. */
function heldSink() {
  const chunks: string[] = [];
  const held: { readonly resolve: () => void; readonly reject: (error: Error) => void }[] = [];
  const sink: Sink = {
    write: (text) =>
      new Promise((resolve, reject) => {
        chunks.push(String(text));
        held.push({ resolve, reject });
      }),
    async finish() {},
    async discard() {},
  };
  return { sink, chunks, held };
}

describe('lines', () => {
  it('are written together on the next turn of the event loop', async () => {
    const { sink, chunks } = heldSink();
    const lines = new LineWriter(sink);
    expect(lines.add('a\n')).toBeUndefined();
    expect(lines.add('b\n')).toBeUndefined();
    expect(chunks).toEqual([]);
    await nextTurn();
    await nextTurn();
    expect(chunks).toEqual(['a\nb\n']);
  });

  it('are written at 64 KiB without waiting, and the caller must wait', async () => {
    const { sink, chunks, held } = heldSink();
    const lines = new LineWriter(sink);
    const waiting = lines.add(`${'x'.repeat(65_536)}\n`);
    expect(chunks.length).toBe(1);
    expect(waiting).toBeInstanceOf(Promise);
    held[0]?.resolve();
    await waiting;
  });

  it('collect while a write is under way, and follow it in one', async () => {
    const { sink, chunks, held } = heldSink();
    const lines = new LineWriter(sink);
    lines.add('a\n');
    const flushed = lines.flush();
    lines.add('b\n');
    await nextTurn();
    lines.add('c\n');
    await nextTurn();
    expect(chunks).toEqual(['a\n']);
    held[0]?.resolve();
    await nextTurn();
    expect(chunks).toEqual(['a\n', 'b\nc\n']);
    held[1]?.resolve();
    await flushed;
  });

  it('are never left behind, whenever they come', async () => {
    const written: string[] = [];
    const sink: Sink = {
      async write(text) {
        written.push(String(text));
      },
      async finish() {},
      async discard() {},
    };
    const clock = createManualClock();
    const lines = new LineWriter(sink, undefined, clock);
    for (let i = 0; i < 50; i += 1) {
      lines.add(`${i}\n`);
      for (let ticks = 0; ticks < i % 7; ticks += 1) await null;
      if (i % 5 === 0) await lines.flush();
      if (i % 11 === 0) await clock.advance(i);
    }
    await clock.advance(50);
    expect(written.join('')).toBe(Array.from({ length: 50 }, (_, i) => `${i}\n`).join(''));
    expect(clock.pendingTimers).toBe(0);
  });

  it('wait together for 50 ms after a write, and for no longer', async () => {
    const { sink, chunks, held } = heldSink();
    const clock = createManualClock();
    const lines = new LineWriter(sink, undefined, clock);
    lines.add('a\n');
    await clock.advance(10);
    expect(chunks).toEqual(['a\n']);
    held[0]?.resolve();
    await nextTurn();
    lines.add('b\n');
    await clock.advance(39);
    lines.add('c\n');
    expect(chunks).toEqual(['a\n']);
    await clock.advance(1);
    expect(chunks).toEqual(['a\n', 'b\nc\n']);
    held[1]?.resolve();
    await clock.advance(60);
    lines.add('d\n');
    await nextTurn();
    await nextTurn();
    expect(chunks).toEqual(['a\n', 'b\nc\n', 'd\n']);
    held[2]?.resolve();
  });

  it('report a failed write at every later call, and nowhere else', async () => {
    const { sink, chunks, held } = heldSink();
    const lines = new LineWriter(sink);
    lines.add('a\n');
    await nextTurn();
    await nextTurn();
    held[0]?.reject(new Error('disk full'));
    await nextTurn();
    await expect(lines.add('b\n')).rejects.toThrow('disk full');
    await expect(lines.flush()).rejects.toThrow('disk full');
    lines.add('not awaited\n');
    await nextTurn();
    expect(chunks).toEqual(['a\n']);
  });

  it('that did not fit are cut to whole ones, and the failure is told at once', async () => {
    const { sink, held } = heldSink();
    const cuts: (readonly string[])[] = [];
    const told: unknown[] = [];
    const cut = async (lines: readonly string[]) => {
      cuts.push(lines);
    };
    const lines = new LineWriter({ ...sink, cut }, (error) => told.push(error));
    lines.add('a\n');
    const written = lines.flush();
    lines.add('b\n');
    lines.add('"c\nd"\n');
    held[0]?.resolve();
    await nextTurn();
    held[1]?.reject(new Error('disk full'));
    await expect(written).rejects.toThrow('disk full');
    expect(cuts).toEqual([['b\n', '"c\nd"\n']]);
    expect(told).toEqual([new Error('disk full')]);
  });
});

describe('a file that takes a part of its lines only', () => {
  const folder = tempFolder();

  it('keeps the whole ones', async () => {
    const path = folder.path('cut.csv');
    const sink = await openDirectFile(path);
    await sink.write('a\n');
    const lines = ['é\n', '"c\nd"\n', 'e\n'];
    for (const [written, left] of [
      [0, 0],
      [2, 0],
      [3, 1],
      [6, 1],
      [10, 2],
      [12, 3],
    ] as const) {
      await appendFile(path, Buffer.from(lines.join('')).subarray(0, written));
      await sink.cut?.(lines);
      expect(await readFile(path, 'utf8')).toBe(`a\n${lines.slice(0, left).join('')}`);
      await truncate(path, 2);
    }
    await sink.discard();
  });
});

describe('bytes', () => {
  it('are written to the last one where the system takes a few at a time', async () => {
    const taken: number[] = [];
    const bytes = Buffer.from('0123456789');
    await writeAll(
      {
        async write(from, offset, length) {
          const bytesWritten = Math.min(length, 3);
          taken.push(...from.subarray(offset, offset + bytesWritten));
          return { bytesWritten };
        },
      },
      bytes,
    );
    expect(Buffer.from(taken)).toEqual(bytes);
  });
});
