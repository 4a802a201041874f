import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { InputError } from '../../data/data-errors.js';
import { systemCodeOf } from '../../foundation/errors/chorale-error.js';
import { tryParseJson } from '../../foundation/lossless-json.js';
import { TimelineBuilder } from '../../measure/timeline/build-timeline.js';
import type { Timeline } from '../../measure/timeline/timeline.js';

/** A timeline of a file of events, and how many of its lines are no events. */
export interface ReadTimeline {
  readonly timeline: Timeline;
  readonly unreadable: number;
}

/**
 * Reads the timeline of a file of events, which may be cut.
 * @param path of the file; `-` for stdin
 * @throws InputError if it cannot be read, or has no events of a parallel run; the signal's reason
 */
export async function readTimeline(path: string, stdin: Readable, signal: AbortSignal): Promise<ReadTimeline> {
  const builder = new TimelineBuilder();
  let unreadable = 0;
  const input = path === '-' ? stdin : createReadStream(path, { signal });
  const shown = path === '-' ? '<stdin>' : path;
  try {
    for await (const line of createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })) {
      signal.throwIfAborted();
      if (line.trim() === '') continue;
      const event = readEvent(line);
      if (event) builder.add(event);
      else unreadable += 1;
    }
  } catch (cause) {
    signal.throwIfAborted();
    throw new InputError({ path: shown }, reasonOf(cause), { cause });
  }
  signal.throwIfAborted();
  const timeline = builder.build();
  if (!timeline) throw new InputError({ path: shown }, 'holds no worker.start event: write one with --events FILE');
  return { timeline, unreadable };
}

function readEvent(line: string) {
  const value = tryParseJson(line);
  if (typeof value !== 'object' || value === null || !('type' in value) || !('timestamp' in value)) return undefined;
  const { type, timestamp } = value;
  const at = Date.parse(String(timestamp));
  const data = 'data' in value && typeof value.data === 'object' && value.data !== null ? value.data : {};
  if (typeof type !== 'string' || Number.isNaN(at)) return undefined;
  return { type, at, data: data as Readonly<Record<string, unknown>> };
}

function reasonOf(error: unknown): string {
  const code = systemCodeOf(error);
  if (code === 'ENOENT') return 'there is no such file';
  if (code === 'EISDIR') return 'is a folder';
  return `cannot be read (${code ?? String(error)})`;
}
