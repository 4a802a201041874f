import { closeSync, constants as flags, fstatSync, open, openSync, type Stats, write } from 'node:fs';
import { stat } from 'node:fs/promises';
import { Socket } from 'node:net';
import { promisify } from 'node:util';
import { onAbort, sleep } from '../foundation/abort.js';
import { systemCodeOf } from '../foundation/errors/chorale-error.js';
import { nodeRuntime } from '../foundation/runtime.js';
import { OutputError, StdoutClosedError, writeFailure } from './data-errors.js';

/** Where text goes, or bytes. Calls are sequential. */
export interface Sink {
  /** Settles when the system took all of it. */
  write(chunk: string | Uint8Array): Promise<void>;
  /** After a failed write of these lines: takes back what was written of one that did not fit. Never rejects. */
  cut?(lines: readonly string[]): Promise<void>;
  /** Everything was written. */
  finish(): Promise<void>;
  /** No more will be written, and what was is not the whole. */
  discard(): Promise<void>;
}

/** The bytes of a chunk; text in UTF-8. */
export function bytesOf(chunk: string | Uint8Array): Uint8Array {
  return typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
}

/** The part of a file handle that writing needs. It may take fewer bytes than it is given. */
interface ByteTarget {
  write(bytes: Uint8Array, offset: number, length: number): Promise<{ readonly bytesWritten: number }>;
}

/** Writes all bytes, in as many steps as the system wants. */
export async function writeAll(target: ByteTarget, bytes: Uint8Array): Promise<void> {
  for (let offset = 0; offset < bytes.length; ) {
    const { bytesWritten } = await target.write(bytes, offset, bytes.length - offset);
    offset += bytesWritten;
  }
}

/** The file descriptor that a path such as `/dev/stdout` or `/dev/fd/3` means; null for any other path. */
export function descriptorOf(path: string): number | null {
  const named = { '/dev/stdin': 0, '/dev/stdout': 1, '/dev/stderr': 2 }[path];
  const numbered = /^\/(?:dev|proc\/self)\/fd\/(\d{1,9})$/.exec(path)?.[1];
  return named ?? (numbered === undefined ? null : Number(numbered));
}

const closedCodes = new Set([
  'EPIPE',
  'EIO',
  'EOF',
  'ECONNRESET',
  'ERR_STREAM_DESTROYED',
  'ERR_STREAM_WRITE_AFTER_END',
]);

const writeTo = promisify(write);

/**
 * A sink on a stream that others own, usually `process.stdout`: it is never ended.
 * A write rejects with StdoutClosedError once the reader went away, with OutputError for any other reason.
 */
export function streamSink(stream: NodeJS.WritableStream, name = '<stdout>'): Sink {
  // The write that fails says so; the event comes besides, possibly after the sink was finished.
  if (!stream.listeners('error').includes(ignore)) stream.on('error', ignore);
  return {
    write: (chunk) =>
      new Promise((resolve, reject) => {
        stream.write(chunk, (error) => (error ? reject(streamProblem(error, name)) : resolve()));
      }),
    async finish() {},
    async discard() {},
  };
}

/**
 * A sink on a descriptor that the program was started with, as in `3>FILE`. It writes where the descriptor stands,
 * empties nothing, and leaves it open.
 * @throws OutputError if there is no such descriptor
 */
export function openDescriptor(descriptor: number): Sink {
  const name = `/dev/fd/${descriptor}`;
  if (descriptor === 1) return streamSink(process.stdout);
  if (descriptor === 2) return streamSink(process.stderr, '<stderr>');
  let found: Stats;
  try {
    found = fstatSync(descriptor);
  } catch (cause) {
    throw new OutputError(name, `cannot be written: the shell opened no such descriptor (${systemCodeOf(cause)})`, {
      cause,
    });
  }
  if (found.isFIFO() || found.isSocket()) {
    return pipeSink(new Socket({ fd: descriptor, readable: false, writable: true }), name);
  }
  const target: ByteTarget = { write: (bytes, offset, length) => writeTo(descriptor, bytes, offset, length) };
  return {
    write: (chunk) =>
      writeAll(target, bytesOf(chunk)).catch((error) => {
        throw streamProblem(error, name);
      }),
    async finish() {},
    async discard() {},
  };
}

/** A sink on a pipe or a socket. It ends with the results, and closes at once if there is no reader. */
export function pipeSink(pipe: Socket, name: string): Sink {
  return {
    ...streamSink(pipe, name),
    finish: () => new Promise((resolve) => pipe.end(resolve)),
    async discard() {
      pipe.destroy();
    },
  };
}

function ignore(): void {}

/** Why a stream can no longer be written: a StdoutClosedError if its reader went away, else an OutputError. */
export function streamProblem(error: Error, name: string): Error {
  if (closedCodes.has(systemCodeOf(error) ?? '')) return new StdoutClosedError({ cause: error });
  return writeFailure(error, name, '.');
}

/** Pause before a pipe without a reader is checked again, in milliseconds. */
const lookEveryMs = 50;

/** Whether the path is that of a pipe, by name or open (`/dev/fd/3`). */
export async function isPipe(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined))?.isFIFO() === true;
}

/**
 * Opens a pipe for writing as soon as somebody reads it. Nothing about it waits in a thread: nobody could end that, and the
 * process with it.
 * @throws the signal's reason as soon as it is aborted; the system error
 */
export async function openPipeToWrite(path: string, signal?: AbortSignal): Promise<Socket> {
  for (;;) {
    signal?.throwIfAborted();
    try {
      const fd = openSync(path, flags.O_WRONLY | flags.O_NONBLOCK);
      return new Socket({ fd, readable: false, writable: true });
    } catch (error) {
      if (systemCodeOf(error) !== 'ENXIO') throw error;
    }
    await sleep(nodeRuntime, lookEveryMs, signal);
  }
}

/**
 * Opens a pipe for reading as soon as somebody writes to it.
 * @throws the signal's reason as soon as it is aborted; the system error
 */
export async function openPipeToRead(path: string, signal?: AbortSignal): Promise<Socket> {
  const opening = promisify(open)(path, 'r');
  const release = onAbort(signal, () => letReaderIn(path));
  const fd = await opening.finally(release);
  if (signal?.aborted) {
    closeSync(fd);
    throw signal.reason;
  }
  return new Socket({ fd, readable: true, writable: false });
}

/** Ends the wait of the thread: the pipe gets a writer for a moment. */
function letReaderIn(path: string): void {
  try {
    closeSync(openSync(path, flags.O_RDWR | flags.O_NONBLOCK));
  } catch {
    // It is gone, or may not be written: then a second signal ends the process.
  }
}
