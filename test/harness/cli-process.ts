import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** How a run of the command line ended. */
export interface CliEnd {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CliOptions {
  readonly stdin?: string | Uint8Array | undefined;
  /** Added to the tester's; an undefined one is left out. */
  readonly env?: Readonly<Record<string, string | undefined>> | undefined;
  readonly cwd?: string | undefined;
}

const bin = fileURLToPath(new URL('../../dist/cli/bin.js', import.meta.url));
/** The environment of the tester, without settings of chorale. */
export const ambient = Object.fromEntries(
  Object.entries(process.env).filter(([name]) => !/^((OLLAMA|OPENAI|CHORALE)_|(NO|FORCE)_COLOR$)/.test(name)),
);

/** A port on which nobody listens: connections are refused at once. */
export const deadHost = 'http://127.0.0.1:9';

/** The command of the built program, for tests that spawn it themselves. */
export function cliCommand(args: readonly string[]): readonly [string, readonly string[]] {
  if (!existsSync(bin)) throw new Error('dist is missing: npm run build');
  return [process.execPath, [bin, ...args]];
}

let temporary: string | undefined;

/** A new folder, which is gone when this process ends. */
export function temporaryFolder(): string {
  if (temporary === undefined) {
    const all = mkdtempSync(join(tmpdir(), 'chorale-'));
    process.once('exit', () => rmSync(all, { recursive: true, force: true }));
    temporary = all;
  }
  return mkdtempSync(join(temporary, 'folder-'));
}

/** A store of its own, so that a run goes on with no other one. */
export function newStore(): { readonly CHORALE_STORE: string } {
  return { CHORALE_STORE: join(temporaryFolder(), 'runs.db') };
}

/** A run of the command line that has begun. */
export interface RunningCli {
  readonly child: ChildProcessWithoutNullStreams;
  readonly ended: Promise<CliEnd & { readonly signal: NodeJS.Signals | null }>;
}

/** How a process is started. */
export interface ProcessOptions extends CliOptions {
  /** Commands of the shell before the program, in the same process, as in `ulimit -f 2000`. @default no shell */
  readonly shell?: string | undefined;
}

/** Starts the built program as a process of its own, without the tester's OLLAMA_*, OPENAI_* and CHORALE_* settings. */
export function startCliProcess(args: readonly string[], options: ProcessOptions = {}): RunningCli {
  const [command, all] = cliCommand(args);
  const env = { ...ambient, OLLAMA_HOST: deadHost, ...options.env };
  const { cwd, shell } = options;
  const child =
    shell === undefined
      ? spawn(command, all, { cwd, env })
      : spawn('sh', ['-c', `${shell}; exec "$@"`, 'sh', command, ...all], { cwd, env });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  child.stdin.on('error', () => {});
  child.stdin.end(options.stdin ?? '');
  const ended = new Promise<CliEnd & { readonly signal: NodeJS.Signals | null }>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => resolve({ code, signal, stdout, stderr }));
  });
  return { child, ended };
}

/** Runs it to its end. It records its runs in a store that no other one has, unless the options name one. */
export async function runCliProcess(args: readonly string[], options: ProcessOptions = {}): Promise<CliEnd> {
  const { code, stdout, stderr } = await startCliProcess(args, { ...options, env: { ...newStore(), ...options.env } })
    .ended;
  return { code, stdout, stderr };
}
