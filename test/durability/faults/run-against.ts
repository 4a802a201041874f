import { expect } from 'vitest';
import type { ReviewResult } from '../../../src/analysis/review-result.js';
import { seededRandom } from '../../../src/foundation/statistics/random-variates.js';
import { type FaultKind, faultKinds } from './fault-kinds.js';
import { type FaultPlan, type FaultServer, startFaultServer } from './fault-server.js';
import type { FaultRow } from './fault-table.js';
import { expectedOf, runWithFaults } from './run-with-faults.js';

/** Runs against a server with a plan, and compares every result with what the plan must lead to. */
export async function runAgainst(name: string, plan: FaultPlan, items: number): Promise<FaultRow> {
  const server = await startFaultServer(plan);
  try {
    const results = await runWithFaults(server.host, items);
    expect(
      results.map(({ status, sentiment, error_code, attempts }) => ({ status, sentiment, error_code, attempts })),
    ).toEqual(results.map((_, item) => expectedOf(item, plan)));
    return { name, ...countsOf(results, server, items) };
  } finally {
    await server.goDown();
  }
}

/** Checks that no item is lost, none is there twice, and all are in order. */
function countsOf(results: readonly ReviewResult[], server: FaultServer, items: number): Omit<FaultRow, 'name'> {
  expect(results.map(({ index }) => index)).toEqual(Array.from({ length: items }, (_, index) => index));
  expect([...server.requests.values()].reduce((sum, count) => sum + count, 0)).toBe(
    results.reduce((sum, { attempts }) => sum + attempts, 0),
  );
  const failed = results.filter(({ status }) => status === 'failed').length;
  const recovered = results.filter(({ status, attempts }) => status === 'ok' && attempts > 1).length;
  return { items, injected: server.injected, recovered, failed, lost: items - results.length };
}

const timeouts = new Set(['CHORALE_MODEL_SILENT', 'CHORALE_MODEL_TIMEOUT']);

/** Faults at 40 % of the attempts. `timeoutShare`: how often a fault that costs a timeout is drawn, compared with others. */
export function randomPlan(seed: number, items: number, timeoutShare: number): FaultPlan {
  const random = seededRandom(seed);
  const draws = new Map<string, FaultKind | undefined>();
  for (let item = 0; item < items; item += 1) {
    for (let attempt = 1; attempt <= 4; attempt += 1) {
      const kind = faultKinds[Math.floor(random() * faultKinds.length)];
      const share = kind?.code && timeouts.has(kind.code) ? timeoutShare : 1;
      draws.set(`${item}/${attempt}`, random() < 0.4 * share ? kind : undefined);
    }
  }
  return (item, attempt) => draws.get(`${item}/${attempt}`);
}
