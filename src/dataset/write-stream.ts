import { systemCodeOf } from '../errors/index.js';
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

/**
 * A sink on a stream that others own, usually `process.stdout`: it is never ended.
 * A write rejects with StdoutClosedError once the reader went away, with OutputError for any other reason.
 */
export function streamSink(stream: NodeJS.WritableStream): Sink {
  // The write that fails says so; the event comes besides, possibly after the sink was finished.
  if (!stream.listeners('error').includes(ignore)) stream.on('error', ignore);
  return {
    write: (chunk) =>
      new Promise((resolve, reject) => {
        stream.write(chunk, (error) => (error ? reject(streamProblem(error)) : resolve()));
      }),
    async finish() {},
    async discard() {},
  };
}

function ignore(): void {}

function streamProblem(error: Error): Error {
  if (closedCodes.has(systemCodeOf(error) ?? '')) return new StdoutClosedError({ cause: error });
  return outputProblem('<stdout>', describeWriteFailure(error, '.'), { cause: error });
}
