import { Readable, Writable } from 'node:stream';
// As built: threads are files of their own.
import { main } from '../../dist/cli/main.js';
import type { Io } from '../../src/cli/io.js';
import { nodeRuntime } from '../../src/foundation/runtime.js';
import { ambient, type CliEnd, type CliOptions, deadHost, newStore } from './cli-process.js';

/** A run in this process, which its test can interrupt. */
export interface InProcessOptions extends CliOptions {
  /** What streams and signals are like, in place of those of `runCli`. */
  readonly io?: Partial<Io>;
}

export interface StartedCli {
  readonly ended: Promise<CliEnd>;
  /** What was written to stderr until now. */
  stderr(): string;
  /** As the system sends a signal to a process. */
  signal(name: NodeJS.Signals): void;
}

/**
 * Runs the built command line in this process: the same options and the same result as `runCliProcess`, without the start
 * of a process. `cwd` changes the folder of this process for the time of the run: runs that go on at the same time must
 * have the same one. Nothing is written to the streams of this process.
 */
export function runCli(args: readonly string[], options: InProcessOptions = {}): Promise<CliEnd> {
  return startCli(args, options).ended;
}

/** Begins such a run. */
export function startCli(args: readonly string[], options: InProcessOptions = {}): StartedCli {
  const stdout = memoryStream();
  const stderr = memoryStream();
  const signals = new EventTarget();
  const io: Io = {
    stdin: Readable.from(options.stdin === undefined ? [] : [Buffer.from(options.stdin)], { objectMode: false }),
    stdout,
    stderr,
    env: { ...ambient, OLLAMA_HOST: deadHost, ...newStore(), ...options.env },
    script: process.argv[1] ?? '',
    runtime: { ...nodeRuntime, onSignal: (names, listener) => listen(signals, names, listener) },
    boundHeap() {},
    endAtOnce: (exitCode) => Promise.reject(new Error(`the process ends at once with the code ${exitCode}`)),
    ...options.io,
  };
  const run = async () => {
    const leave = enterFolder(options.cwd);
    try {
      const code = await main(args, io);
      return { code, stdout: stdout.text(), stderr: stderr.text() };
    } finally {
      leave();
    }
  };
  return { ended: run(), stderr: stderr.text, signal: (name) => void signals.dispatchEvent(new Event(name)) };
}

function listen(signals: EventTarget, names: readonly string[], listener: (name: string) => void): () => void {
  const listeners = names.map((name) => [name, () => listener(name)] as const);
  for (const [name, call] of listeners) signals.addEventListener(name, call);
  return () => {
    for (const [name, call] of listeners) signals.removeEventListener(name, call);
  };
}

let folders: { readonly cwd: string; readonly before: string; users: number } | undefined;

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
