import { Readable, Writable } from 'node:stream';
// As built: threads are files of their own.
import { main } from '../../dist/cli/main.js';
import type { Io } from '../../src/cli/io.js';
import { nodeRuntime } from '../../src/foundation/node-runtime.js';
import { ambient, type CliEnd, type CliOptions, deadHost, newStore } from '../cli/run-cli.js';

/** A run in this process, which its test can interrupt. */
export interface InProcessOptions extends CliOptions {
  /** What streams and signals are like, in place of those of `runCli`. */
  readonly io?: Partial<Io>;
}

let folders: { readonly cwd: string; readonly before: string; users: number } | undefined;

/**
 * Runs the built command line in this process: the same options and the same result as `runCli` of `test/cli/run-cli.ts`,
 * without the start of a process. `cwd` changes the folder of this process for the time of the run: runs that go on at the
 * same time must have the same one. Nothing is written to the streams of this process.
 */
export async function runCli(args: readonly string[], options: InProcessOptions = {}): Promise<CliEnd> {
  const stdout = memoryStream();
  const stderr = memoryStream();
  const io: Io = {
    stdin: Readable.from(options.stdin === undefined ? [] : [Buffer.from(options.stdin)], { objectMode: false }),
    stdout,
    stderr,
    env: { ...ambient, OLLAMA_HOST: deadHost, ...newStore(), ...options.env },
    script: process.argv[1] ?? '',
    runtime: nodeRuntime,
    boundHeap() {},
    endAtOnce: (exitCode) => Promise.reject(new Error(`the process ends at once with the code ${exitCode}`)),
    ...options.io,
  };
  const leave = enterFolder(options.cwd);
  try {
    const code = await main(args, io);
    return { code, stdout: stdout.text(), stderr: stderr.text() };
  } finally {
    leave();
  }
}

function enterFolder(cwd: string | undefined): () => void {
  if (folders && folders.cwd !== (cwd ?? folders.before)) {
    throw new Error(`a run in ${folders.cwd} goes on: this process cannot be in ${cwd} at the same time`);
  }
  if (cwd === undefined) return () => {};
  folders ??= { cwd, before: process.cwd(), users: 0 };
  const entered = folders;
  entered.users += 1;
  process.chdir(cwd);
  return () => {
    entered.users -= 1;
    if (entered.users > 0) return;
    folders = undefined;
    process.chdir(entered.before);
  };
}

/** Keeps what is written to it. */
export function memoryStream(): Writable & { text(): string } {
  const chunks: Buffer[] = [];
  const stream = new Writable({
    decodeStrings: true,
    write(chunk: Buffer, _, done) {
      chunks.push(chunk);
      done();
    },
  });
  return Object.assign(stream, { text: () => Buffer.concat(chunks).toString('utf8') });
}
