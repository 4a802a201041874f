import { describe, expect, it } from 'vitest';
import type { ReviewResult } from '../../../src/analysis/review-result.js';
import { processParallel } from '../../../src/orchestration/index.js';
import { hostOfNobody } from '../../model/ollama/real-server.js';
import { faultKinds } from './fault-kinds.js';
import { type FaultPlan, type FaultServer, startFaultServer } from './fault-server.js';
import { type FaultRow, holdTable } from './fault-table.js';
import { randomPlan, runAgainst } from './run-against.js';
import { runWithFaults } from './run-with-faults.js';

const rows = new Map<string, FaultRow>();

/** Rows of the table, in its order; the tests fill them in as they end. */
const names: string[] = [];

describe.concurrent('one kind of fault', { timeout: 120_000 }, () => {
  const passing = faultKinds.filter(({ retried }) => retried);
  names.push(...faultKinds.map(({ name }) => name), ...passing.map(({ name }) => `${name}, every time`));

  it.each(faultKinds)(
    '$name at every other first attempt: nothing is lost, and the category is right',
    async (kind) => {
      const plan: FaultPlan = (item, attempt) => (attempt === 1 && Number(item) % 2 === 0 ? kind : undefined);
      rows.set(kind.name, await runAgainst(kind.name, plan, 40));
    },
  );

  it.each(passing)('$name every time: every review fails with the reason', async (kind) => {
    const name = `${kind.name}, every time`;
    rows.set(name, await runAgainst(name, () => kind, 8));
  });
});

describe('a server that is not there', () => {
  const refused = 'connection refused, every time';
  const unknown = 'an unknown host name, every time';
  names.push(refused, unknown);

  /** Every attempt of every review meets the fault. */
  function allFailed(name: string, results: readonly ReviewResult[]): FaultRow {
    const injected = results.reduce((sum, { attempts }) => sum + attempts, 0);
    return { name, items: results.length, injected, recovered: 0, failed: results.length, lost: 0 };
  }

  it('a refused connection fails every review as what it is', async () => {
    const results = await runWithFaults(await hostOfNobody(), 8);
    expect(results.map(({ error_code }) => error_code)).toEqual(results.map(() => 'CHORALE_MODEL_UNAVAILABLE'));
    expect(results.every(({ error }) => error?.includes('connection refused'))).toBe(true);
    rows.set(refused, allFailed(refused, results));
  });

  it('so does an unknown host name', { timeout: 120_000 }, async () => {
    // How long a look-up takes is up to the system.
    const patient = { firstTokenTimeoutMs: 50_000, totalTimeoutMs: 60_000 };
    const results = await runWithFaults('http://no-such-host.invalid:11434', 1, patient);
    expect(results.map(({ error_code }) => error_code)).toEqual(results.map(() => 'CHORALE_MODEL_UNAVAILABLE'));
    rows.set(unknown, allFailed(unknown, results));
  });

  it('one that goes down in the middle and comes up again costs time only', async () => {
    let down: Promise<void> | undefined;
    let server: FaultServer | undefined;
    const restart = async () => {
      await server?.goDown();
      await server?.comeUp();
    };
    server = await startFaultServer((item) => {
      if (item === '12') down ??= restart();
      return undefined;
    });
    try {
      const results = await runWithFaults(server.host, 40);
      await down;
      expect(results.map(({ index, status }) => [index, status])).toEqual(results.map((_, index) => [index, 'ok']));
      expect(results).toHaveLength(40);
    } finally {
      await down;
      await server.goDown();
    }
  });
});

describe('a random mix', () => {
  const seeds = 200;
  const items = 16;
  const name = `a random mix, ${seeds} seeds`;
  names.push(name);

  it(`of ${seeds} seeds leads to what its faults must lead to`, { timeout: 240_000 }, async () => {
    const sum = { items: 0, injected: 0, recovered: 0, failed: 0, lost: 0 };
    const all = Array.from({ length: seeds }, (_, index) => index + 1);
    const runSeed = (seed: number) => runAgainst(`seed ${seed}`, randomPlan(seed, items, 0.15), items);
    const { results } = await processParallel(all, runSeed, { maxWorkers: 10 });
    for (const row of results) {
      for (const key of ['items', 'injected', 'recovered', 'failed', 'lost'] as const) sum[key] += row[key];
    }
    rows.set(name, { name, ...sum });
  });
});

it('the figures are those of docs/reliability.md', async () => {
  await holdTable(names.flatMap((name) => rows.get(name) ?? []));
});
