import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { Sink } from '../../src/dataset/sink.js';
import { writeAll } from '../../src/dataset/write-file.js';
import { LineWriter } from '../../src/dataset/write-lines.js';

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
    const lines = new LineWriter(sink);
    for (let i = 0; i < 50; i += 1) {
      lines.add(`${i}\n`);
      for (let ticks = 0; ticks < i % 7; ticks += 1) await null;
      if (i % 5 === 0) await lines.flush();
    }
    await nextTurn();
    await nextTurn();
    expect(written.join('')).toBe(Array.from({ length: 50 }, (_, i) => `${i}\n`).join(''));
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
