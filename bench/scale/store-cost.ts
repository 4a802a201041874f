import { type ChildProcess, fork } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { answerMs } from '../answer-server.js';
import { messageOf } from '../slots.js';
import { runAndWatch } from './watched-run.js';
import { writeReviews } from './write-reviews.js';

const perSecond = 1_000;
const rows = 6_000;
const rounds = 3;

/** How a run was done, and how fast it was. */
export interface StoreCost {
  /** Items per second without the store, and with it: medians. */
  readonly without: number;
  readonly with: number;
  /** Share of the throughput that the store costs. */
  readonly share: number;
}

/**
 * Runs against a server that gives about 1,000 answers a second, with and without a store in turns.
 * @param storeOptions what makes a run keep what it has done in a file of this path; none: there is no store
 * @returns null where there is no store
 */
export async function measureStoreCost(
  folder: string,
  storeOptions: (path: string) => readonly string[],
): Promise<StoreCost | null> {
  if (storeOptions('').length === 0) return null;
  const server = fork(fileURLToPath(new URL('../answer-server.ts', import.meta.url)));
  try {
    const host = `http://127.0.0.1:${(await messageOf(server, 'port')).port}`;
    const input = join(folder, 'asked.csv');
    await writeReviews(input, rows);
    const rate = (more: readonly string[]) => rateOf(input, host, folder, more);
    await rate([]);
    const measured = { without: [] as number[], with: [] as number[] };
    for (let round = 0; round < rounds; round += 1) {
      measured.without.push(await rate([]));
      measured.with.push(await rate(storeOptions(join(folder, `cost-${round}.db`))));
    }
    const [without, withStore] = [median(measured.without), median(measured.with)];
    return { without, with: withStore, share: 1 - withStore / without };
  } finally {
    disconnect(server);
  }
}

async function rateOf(input: string, host: string, folder: string, more: readonly string[]): Promise<number> {
  const workers = String(Math.ceil((perSecond * answerMs) / 1_000) + 1);
  const out = join(folder, 'asked-results.csv');
  const asking = ['--host', host, '--model', 'small', '--workers', workers, '--text', 'text'];
  const { summary } = await runAndWatch(['analyze', input, ...asking, '--out', out, '--json', '--quiet', ...more], {
    rows,
    cwd: folder,
    out,
  });
  return summary.throughput_per_second;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

function disconnect(server: ChildProcess): void {
  if (server.connected) server.disconnect();
}
