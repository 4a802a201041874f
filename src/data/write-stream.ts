import { fstatSync, type Stats, write } from 'node:fs';
import { Socket } from 'node:net';
import { promisify } from 'node:util';
import { systemCodeOf } from '../foundation/errors/chorale-error.js';
import { describeWriteFailure } from './describe-failure.js';
import { outputProblem } from './output-problem.js';
import type { Sink } from './sink.js';
import { StdoutClosedError } from './stdout-closed-error.js';

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
 * @throws OutputError where there is no such descriptor
 */
export function openDescriptor(descriptor: number): Sink {
  const name = `/dev/fd/${descriptor}`;
  if (descriptor === 1) return streamSink(process.stdout);
  if (descriptor === 2) return streamSink(process.stderr, '<stderr>');
  let found: Stats;
  try {
    found = fstatSync(descriptor);
  } catch (cause) {
    throw outputProblem(name, `cannot be written: the shell opened no such descriptor (${systemCodeOf(cause)})`, {
      cause,
    });
  }
  if (found.isFIFO() || found.isSocket()) {
    return pipeSink(new Socket({ fd: descriptor, readable: false, writable: true }), name);
  }
  return {
    async write(chunk) {
      const bytes = Buffer.from(chunk);
      for (let offset = 0; offset < bytes.length; ) {
        const { bytesWritten } = await writeTo(descriptor, bytes, offset, bytes.length - offset).catch((error) => {
          throw streamProblem(error, name);
        });
        offset += bytesWritten;
      }
    },
    async finish() {},
    async discard() {},
  };
}

/** A sink on a pipe or a socket. It is ended with the results, and let go at once where nobody wants them. */
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

/** Why a stream can no longer be written: a StdoutClosedError where its reader went away, else an OutputError. */
export function streamProblem(error: Error, name: string): Error {
  if (closedCodes.has(systemCodeOf(error) ?? '')) return new StdoutClosedError({ cause: error });
  return outputProblem(name, describeWriteFailure(error, '.'), { cause: error });
}
