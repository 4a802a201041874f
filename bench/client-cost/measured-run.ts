import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** What a program has used, from the start of its process to its end. */
export interface MeasuredRun {
  readonly wallMs: number;
  /** User and system time of the process and its children, all threads. */
  readonly cpuMs: number;
  /** Largest resident set of one process, in MB. */
  readonly peakMb: number;
}

export interface Command {
  readonly args: readonly string[];
  readonly cwd: string;
  /** The Node that runs it. @default the one that runs this */
  readonly node?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Exit codes that are no failure. @default 0 */
  readonly accepted?: readonly number[];
  readonly timeoutMs: number;
}

const preload = fileURLToPath(new URL('usage.cjs', import.meta.url));

/** Runs a Node program. @throws Error where it fails, or takes too long */
export async function measure(command: Command): Promise<MeasuredRun> {
  const { args, cwd, node = process.execPath, env, accepted = [0], timeoutMs } = command;
  const folder = await mkdtemp(join(tmpdir(), 'chorale-usage-'));
  const usage = join(folder, 'usage.jsonl');
  try {
    const startedAt = performance.now();
    const child = spawn(node, args, {
      cwd,
      env: { ...process.env, ...env, NODE_OPTIONS: `--require=${preload}`, CLIENT_COST_USAGE: usage },
      stdio: ['ignore', 'ignore', 'pipe'],
      timeout: timeoutMs,
      killSignal: 'SIGKILL',
    });
    let said = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      said += text;
    });
    const code = await new Promise<number | null>((resolve, reject) => {
      child.once('error', reject);
      child.once('exit', resolve);
    });
    const wallMs = performance.now() - startedAt;
    if (code === null || !accepted.includes(code)) throw new Error(`${args.join(' ')} ended with ${code}: ${said}`);
    const processes = (await readFile(usage, 'utf8')).trim().split('\n').map(parseUsage);
    return {
      wallMs,
      cpuMs: processes.reduce((sum, { cpuMs }) => sum + cpuMs, 0),
      peakMb: Math.max(...processes.map(({ peakMb }) => peakMb)),
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function parseUsage(line: string): Pick<MeasuredRun, 'cpuMs' | 'peakMb'> {
  return JSON.parse(line);
}
