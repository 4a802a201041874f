import { spawn } from 'node:child_process';
import { createReadStream } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

/** How a run of the command line went. */
export interface WatchedRun {
  readonly seconds: number;
  /** Largest sum of the resident set sizes of the process and its children, in MB. */
  readonly peakMb: number;
  /** The largest sum within each tenth of the output; null where the run was too quick to see it. */
  readonly memoryMb: readonly (number | null)[];
  /** What the run says of itself. */
  readonly summary: { readonly throughput_per_second: number };
}

export interface Watched {
  readonly rows: number;
  readonly cwd: string;
  /** The results, whose growth shows how far the run is. */
  readonly out: string;
}

const bin = fileURLToPath(new URL('../../dist/cli/bin.js', import.meta.url));
const everyMs = 100;

/**
 * Runs the built command line and looks at its memory while it goes on.
 * @throws Error where it does not end with 0
 */
export async function runAndWatch(args: readonly string[], { rows, cwd, out }: Watched): Promise<WatchedRun> {
  const startedAt = performance.now();
  const child = spawn(process.execPath, [bin, ...args], { cwd, stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  let told = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    told += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  const samples: { readonly bytes: number; readonly mb: number }[] = [];
  let looking = Promise.resolve();
  const timer = setInterval(() => {
    looking = looking.then(async () => {
      const bytes = (await stat(out).catch(() => undefined))?.size ?? 0;
      samples.push({ bytes, mb: await memoryOf(child.pid ?? 0) });
    });
  }, everyMs);
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  const seconds = (performance.now() - startedAt) / 1_000;
  clearInterval(timer);
  await looking;
  if (code !== 0) throw new Error(`chorale ${args.join(' ')} ended with ${code}: ${said}`);
  const written = await countLines(out);
  if (written !== rows + 1) throw new Error(`${out} has ${written} lines, not ${rows + 1}`);
  const size = (await stat(out)).size;
  return {
    seconds,
    summary: JSON.parse(told),
    peakMb: Math.max(0, ...samples.map(({ mb }) => mb)),
    memoryMb: Array.from({ length: 10 }, (_, tenth) => {
      const during = samples.filter(({ bytes }) => bytes > (size * tenth) / 10 && bytes <= (size * (tenth + 1)) / 10);
      return during.length > 0 ? Math.max(...during.map(({ mb }) => mb)) : null;
    }),
  };
}

/** Resident memory of a process and all below it, in MB; 0 where it has ended. */
async function memoryOf(root: number): Promise<number> {
  const processes = await Promise.all((await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(statusOf));
  const tree = new Set([root]);
  // A child's number may be lower than its parent's: once round for every level.
  for (let size = 0; size < tree.size; ) {
    size = tree.size;
    for (const { id, parent } of processes) if (tree.has(parent)) tree.add(id);
  }
  return processes.reduce((sum, { id, mb }) => sum + (tree.has(id) ? mb : 0), 0);
}

async function statusOf(name: string) {
  const text = await readFile(`/proc/${name}/status`, 'utf8').catch(() => '');
  const number = (key: string) => Number(new RegExp(`^${key}:\\s*(\\d+)`, 'm').exec(text)?.[1] ?? 0);
  return { id: Number(name), parent: number('PPid'), mb: number('VmRSS') / 1_024 };
}

async function countLines(path: string): Promise<number> {
  let lines = 0;
  for await (const chunk of createReadStream(path)) for (const byte of chunk as Buffer) if (byte === 10) lines += 1;
  return lines;
}
