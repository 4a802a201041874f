import { createWriteStream, fstatSync, openSync } from 'node:fs';
import type { Writable } from 'node:stream';
import { finished } from 'node:stream/promises';
import { isPipe, openPipeToWrite } from '../dataset/index.js';
import { ConfigError, OutputError, systemCodeOf } from '../errors/index.js';
import {
  getObserver,
  noopObserver,
  type Observer,
  pinoObserver,
  shareObserver,
  textObserver,
} from '../events/index.js';

/** An observer that writes to a file or stderr until it is closed. */
export interface EventsOutput {
  readonly observer: Observer;
  close(): Promise<void>;
}

/**
 * Opens `--events` in the form that the configuration names (`pino`, its alias `slog`, or `text`).
 * @param target a path, `-` for stderr, or undefined for none
 * @param signal ends the waiting for somebody who reads a pipe
 * @throws UnknownObserverError, OutputError, ConfigError; the signal's reason
 */
export async function openEvents(
  target: string | undefined,
  form: string,
  signal?: AbortSignal,
): Promise<EventsOutput> {
  if (form !== 'pino' && form !== 'slog') getObserver(form);
  if (target === undefined) return { observer: noopObserver, close: async () => {} };
  if (form === 'noop') throw new ConfigError('parallel.observer', "is 'noop', which writes nothing to --events");
  const refuse = (cause: unknown): never => {
    if (signal?.aborted && cause === signal.reason) throw cause;
    const code = systemCodeOf(cause) ?? String(cause);
    throw new OutputError(target, `the events cannot be written there (${code})`, { cause });
  };
  try {
    const { observer, close } = await eventsAt(target, form === 'text', signal);
    return { observer: shareObserver(observer), close: () => close().catch(refuse) };
  } catch (cause) {
    return refuse(cause);
  }
}

/** A pipe is written as its reader takes it: what waited for the reader could not be interrupted. */
async function eventsAt(target: string, isText: boolean, signal: AbortSignal | undefined): Promise<EventsOutput> {
  if (target === '-' && fstatSync(2).isFIFO()) return pipeEvents(process.stderr, isText);
  if (target === '-' || !(await isPipe(target))) return isText ? textEvents(target) : jsonEvents(target);
  const pipe = await openPipeToWrite(target, signal);
  const { observer } = pipeEvents(pipe, isText);
  return { observer, close: () => finished(pipe.end(), { readable: false }).catch(unlessClosed) };
}

/** Events that a reader may be behind, in bytes. */
const mostUnread = 64 * 2 ** 20;

function pipeEvents(pipe: Writable, isText: boolean): EventsOutput {
  const write = (line: string) => {
    if (pipe.writableLength > mostUnread) throw new Error('nobody reads the events');
    pipe.write(line);
  };
  // A reader that went away wants no more.
  pipe.on('error', unlessClosed);
  return {
    observer: isText ? textObserver({ write }) : pinoObserver({ destination: { write } }),
    close: async () => {},
  };
}

function unlessClosed(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE') throw error;
}

function jsonEvents(target: string): EventsOutput {
  const observer = pinoObserver({ destination: target === '-' ? 2 : target });
  return { observer, close: () => observer.close() };
}

function textEvents(target: string): EventsOutput {
  if (target === '-') return { observer: textObserver(), close: async () => {} };
  const stream = createWriteStream(target, { fd: openSync(target, 'w') });
  // A failed write is told by `close`.
  stream.on('error', () => {});
  return {
    observer: textObserver({ write: (line) => stream.write(line) }),
    close: () => finished(stream.end()),
  };
}
