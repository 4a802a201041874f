import { type ChildProcess, fork } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Agent, createAgent, loadPrompt, ollama, type RecordedRun, streamReviews } from 'chorale';
import { openRunStore } from 'chorale/store';
import { answerMs } from '../answer-server.js';
import { messageOf } from '../slots.js';

const perSecond = 1_000;
const rows = 6_000;
const rounds = 5;

/** How fast a run was. */
export interface StoreCost {
  /** Items per second without the store, and with it: medians. */
  readonly without: number;
  readonly with: number;
  /** Share of the throughput that the store costs. */
  readonly share: number;
}

/** Runs of the library against a server that gives about 1,000 answers a second, with and without a store in turns. */
export async function measureStoreCost(folder: string): Promise<StoreCost> {
  const server = fork(fileURLToPath(new URL('../answer-server.ts', import.meta.url)));
  try {
    const host = `http://127.0.0.1:${(await messageOf(server, 'port')).port}`;
    const agent = await createAgent({ model: ollama({ model: 'small', host }), prompt: await loadPrompt('sentiment') });
    await agent.prepare();
    await rateOf(agent);
    const measured = { without: [] as number[], with: [] as number[] };
    for (let round = 0; round < rounds; round += 1) {
      measured.without.push(await rateOf(agent));
      measured.with.push(await recordedRate(agent, join(folder, `cost-${round}.db`)));
    }
    await agent.model.close();
    const [without, withStore] = [median(measured.without), median(measured.with)];
    return { without, with: withStore, share: 1 - withStore / without };
  } finally {
    disconnect(server);
  }
}

async function recordedRate(agent: Agent, path: string): Promise<number> {
  const store = await openRunStore({ path });
  try {
    const begun = await store.begin({
      runId: randomUUID(),
      command: 'bench',
      fingerprint: { hash: 'bench', parts: {} },
      configuration: {},
      input: { names: ['-'], digest: null, scan: null, choice: '' },
    });
    return await rateOf(agent, { store, begun });
  } finally {
    await store.close();
  }
}

/** From the first question until everything is recorded, in reviews per second. */
async function rateOf(agent: Agent, run?: RecordedRun): Promise<number> {
  // Above what an ideal server needs: an answer takes longer than its work.
  const workers = Math.ceil(((perSecond * answerMs) / 1_000) * 1.4);
  const startedAt = performance.now();
  for await (const _ of streamReviews(reviews(), { agent, workers, run }).outcomes);
  await run?.store.end('done', {});
  return (rows / (performance.now() - startedAt)) * 1_000;
}

function* reviews() {
  for (let index = 0; index < rows; index += 1) {
    yield { index, id: String(index), text: `The strap of number ${index} broke after a week, and nobody answers.` };
  }
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

function disconnect(server: ChildProcess): void {
  if (server.connected) server.disconnect();
}
