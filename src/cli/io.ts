import type { Readable, Writable } from 'node:stream';
import type { Runtime } from '../foundation/runtime.js';

/** A stream for text, which may be a terminal. */
export interface OutputStream extends Writable {
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
  /** The descriptor of a stream of the process; undefined for a stream in memory. */
  readonly fd?: number | undefined;
}

/** What the command line reads from its process. Relative paths are resolved against the folder of the process. */
export interface Io {
  readonly stdin: Readable;
  readonly stdout: OutputStream;
  readonly stderr: OutputStream;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Path of the script, as the user named it. */
  readonly script: string;
  /** Clock, timers and signals. */
  readonly runtime: Runtime;
  /** Lets the heap grow by at most this percentage before the next collection. */
  boundHeap(growingPercent: number): void;
  /** Ends the process without waiting for work in progress, on the second signal. */
  endAtOnce(exitCode: number): Promise<never>;
}
