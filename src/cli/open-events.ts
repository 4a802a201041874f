import { closeSync, constants, createWriteStream, fstatSync, openSync, rmSync, statSync } from 'node:fs';
import type { Writable } from 'node:stream';
import { finished } from 'node:stream/promises';
import { OutputError } from '../data/data-errors.js';
import { descriptorOf, isPipe, openPipeToWrite } from '../data/stream-sinks.js';
import { ConfigError, systemCodeOf } from '../foundation/errors/chorale-error.js';
import { type Event, noopObserver, type Observer } from '../foundation/events/event.js';
import { getObserver, shareObserver, textObserver } from '../foundation/events/observers.js';
import { pinoObserver } from '../foundation/events/pino-observer.js';
import type { Io } from './io.js';

/** An observer that writes to a file or stderr until it is closed. */
export interface EventsOutput {
  readonly observer: Observer;
  close(): Promise<void>;
}

/**
 * Opens `--events` in the form that the configuration names (`pino`, its alias `slog`, or `text`). A file keeps its
 * contents until a run has started: a run that is rejected, or finds no model, destroys nothing.
 * @param target a path, `-` for stderr, or undefined for none
 * @param signal ends the wait for the reader of a pipe
 * @throws UnknownObserverError, OutputError, ConfigError; the signal's reason
 */
export async function openEvents(
  target: string | undefined,
  form: string,
  io: Pick<Io, 'stdout' | 'stderr'>,
  signal?: AbortSignal,
): Promise<EventsOutput> {
  if (form !== 'pino' && form !== 'slog') getObserver(form);
  if (target === undefined) return { observer: noopObserver, close: async () => {} };
  if (form === 'noop') throw new ConfigError('parallel.observer', "is 'noop', which writes nothing to --events");
  const fail = (cause: unknown): never => {
    if (signal?.aborted && cause === signal.reason) throw cause;
    const code = systemCodeOf(cause) ?? String(cause);
    throw new OutputError(target, `the events cannot be written there (${code})`, { cause });
  };
  try {
    const { observer, close } = await eventsAt(target, form === 'text', io, signal);
    return { observer: shareObserver(observer), close: () => close().catch(fail) };
  } catch (cause) {
    return fail(cause);
  }
}

/** A pipe is written as its reader takes it: what waited for the reader could not be interrupted. */
async function eventsAt(
  target: string,
  isText: boolean,
  { stdout, stderr }: Pick<Io, 'stdout' | 'stderr'>,
  signal: AbortSignal | undefined,
): Promise<EventsOutput> {
  const descriptor = target === '-' ? 2 : descriptorOf(target);
  const open = (destination: string | number) => (isText ? textEvents(destination) : jsonEvents(destination));
  if (descriptor !== null) {
    const stream = { 1: stdout, 2: stderr }[descriptor];
    return stream && (stream.fd !== descriptor || fstatSync(descriptor).isFIFO())
      ? pipeEvents(stream, isText)
      : open(descriptor);
  }
  if (!(await isPipe(target))) return isPlain(target) ? heldBack(target, () => open(target)) : open(target);
  const pipe = await openPipeToWrite(target, signal);
  const { observer } = pipeEvents(pipe, isText);
  return { observer, close: () => finished(pipe.end(), { readable: false }).catch(unlessClosed) };
}

/** Events that a reader may be behind, in bytes. */
const mostUnread = 64 * 2 ** 20;

function pipeEvents(pipe: Writable, isText: boolean): EventsOutput {
  const write = (line: string) => {
    if (pipe.writableLength > mostUnread) throw new Error('the events have no reader');
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

function isPlain(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() !== false;
}

function jsonEvents(destination: string | number): EventsOutput {
  const observer = pinoObserver({ destination });
  return { observer, close: () => observer.close() };
}

function textEvents(destination: string | number): EventsOutput {
  if (destination === 2) return { observer: textObserver(), close: async () => {} };
  const isFile = typeof destination === 'string';
  const fd = isFile ? openSync(destination, 'w') : destination;
  const stream = createWriteStream('', { fd, autoClose: isFile });
  // `close` reports a failed write.
  stream.on('error', () => {});
  return {
    observer: textObserver({ write: (line) => stream.write(line) }),
    close: () => finished(stream.end()),
  };
}

/**
 * Keeps events in memory until the run has started, and replaces the file then. A run that never starts leaves a file that
 * holds something as it is.
 */
function heldBack(path: string, open: () => EventsOutput): EventsOutput {
  const isNew = statSync(path, { throwIfNoEntry: false }) === undefined;
  // That it can be written is known from the beginning.
  closeSync(openSync(path, constants.O_WRONLY | constants.O_CREAT));
  let early: Event[] = [];
  let output: EventsOutput | undefined;
  const begin = () => {
    output = open();
    for (const event of early) output.observer.onEvent(event);
    early = [];
  };
  const isEmpty = () => statSync(path, { throwIfNoEntry: false })?.size === 0;
  return {
    observer: {
      onEvent(event) {
        if (output) return output.observer.onEvent(event);
        early.push(event);
        if (event.type === 'run.start') begin();
      },
    },
    async close() {
      if (!output && early.length > 0 && isEmpty()) begin();
      if (output) await output.close();
      else if (isNew && isEmpty()) rmSync(path, { force: true });
    },
  };
}
