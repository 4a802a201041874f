import { openSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { DestinationStream, LoggerOptions } from 'pino';
import { type OptionNames, requireKnown } from '../known-options.js';
import type { Event, Observer } from './event.js';

const require = createRequire(import.meta.url);

/** How lines reach a file: in chunks of at least this size, at the latest after this time, and at the end. */
const chunks = { minLength: 8_192, periodicFlush: 1_000 };

/** Where and how `pinoObserver` writes. */
export interface PinoObserverOptions {
  /**
   * A path, a file descriptor, or a stream of pino's kind. A file at a path is replaced; it is written asynchronously,
   * in whole lines, at most a second late.
   * @default 2 (stderr, synchronously)
   */
  readonly destination?: string | number | DestinationStream;
}

const pinoOptions: OptionNames<PinoObserverOptions> = { destination: true };

/** An observer that must be closed, so that the last lines reach the file. */
export interface PinoObserver extends Observer {
  /**
   * Writes what is pending and closes a file that this observer opened. A reader that went away (EPIPE) is no failure.
   * @throws the system's error when lines could not be written
   */
  close(): Promise<void>;
}

/**
 * Writes events as JSON lines with exactly the keys `type`, `timestamp` (ISO-8601, UTC), `source` and `data`.
 * Once lines cannot be written, `onEvent` throws the system's error: the observer is dropped like any that throws.
 * @throws the system's error when a path cannot be opened for writing
 */
export function pinoObserver(options: PinoObserverOptions = {}): PinoObserver {
  requireKnown('pinoObserver', options, pinoOptions);
  const { pino } = require('pino') as typeof import('pino');
  const output = openOutput(pino, options.destination ?? 2);
  const logger = pino(eventsOnly, output.stream);
  const iso = createIsoClock();
  return {
    onEvent(event: Event) {
      output.check();
      logger.info({ type: event.type, timestamp: iso(event.timestamp), source: event.source, data: event.data });
    },
    async close() {
      await output.close();
      output.check();
    },
  };
}

/** Without level, time, process and host; pino would put a comma after them. */
const eventsOnly: LoggerOptions = {
  base: null,
  timestamp: false,
  formatters: { level: () => ({}) },
  hooks: { streamWrite: (line) => `{${line.slice(2)}` },
};

interface Output {
  readonly stream: DestinationStream;
  /** @throws the system's error when something could not be written, except where the reader went away */
  check(): void;
  close(): Promise<void>;
}

function openOutput(pino: typeof import('pino').pino, destination: string | number | DestinationStream): Output {
  if (typeof destination === 'object') return { stream: destination, check() {}, async close() {} };
  if (typeof destination === 'number') {
    const stream = pino.destination({ dest: destination, sync: true });
    return { stream, check: watch(stream).check, async close() {} };
  }
  const stream = pino.destination({ dest: openSync(destination, 'w'), sync: false, ...chunks });
  const { check, closed } = watch(stream);
  let ending: Promise<void> | undefined;
  const end = async () => {
    stream.end();
    await closed;
    stream.destroy();
  };
  return { stream, check, close: () => (ending ??= end()) };
}

/** Keeps the first error of a stream; `closed` resolves when no more is written, for good or ill. */
function watch(stream: ReturnType<typeof import('pino').pino.destination>) {
  let problem: NodeJS.ErrnoException | undefined;
  const closed = new Promise<void>((resolve) => {
    stream.once('close', resolve);
    stream.on('error', (error: NodeJS.ErrnoException) => {
      problem ??= error;
      resolve();
    });
  });
  const check = () => {
    if (problem && problem.code !== 'EPIPE') throw problem;
  };
  return { check, closed };
}

/** ISO-8601 of epoch milliseconds; formatting is done once per millisecond. */
function createIsoClock(): (timestamp: number) => string {
  let last = Number.NaN;
  let text = '';
  return (timestamp) => {
    if (timestamp !== last) {
      last = timestamp;
      text = new Date(timestamp).toISOString();
    }
    return text;
  };
}
