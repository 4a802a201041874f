import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, test } from 'vitest';
import { RunBusyError } from '../../src/orchestration/run-errors.js';
import { Child, type End, endChildren, ranIn } from './workers/child.js';
import { here } from './workers/here.js';
import { signedGraph } from './workers/work.js';

const folder = mkdtempSync(join(tmpdir(), 'chorale-processes-'));
afterAll(() => rmSync(folder, { recursive: true }));

afterEach(endChildren);

const hour = 3_600_000;

const typesOf = ({ events }: End) => events.map(({ type }) => type);

// test/durability/store has further cases.
describe('two processes on one file', { timeout: 60_000 }, () => {
  test('a graph whose lease ended is given to the other, and what the first brings late is refused', async () => {
    const path = join(folder, 'stale-graph.db');
    const first = new Child('graph', path, 'first');
    await first.paused;
    await expect(here(path, (worker) => signedGraph(worker).resume('r'))).rejects.toThrow(RunBusyError);
    const by = ['first a', 'here b', 'here c'];
    const second = await here(path, (worker) => signedGraph(worker).resume('r'), hour);
    expect(second.state.data).toEqual({ by });
    first.say('go');
    const end = await first.end;
    expect(end).toMatchObject({ code: 'CHORALE_RUN_BUSY' });
    expect(end.events.filter(({ type }) => type === 'node.complete').map(({ data }) => data)).toMatchObject([
      { node: 'a', error: false },
      { node: 'b', error: true },
    ]);
    expect(typesOf(end).filter((type) => type === 'checkpoint.save')).toHaveLength(1);
    await first.closed;
    await here(path, async ({ store: { checkpoints } }) => {
      expect((await checkpoints.load('r'))?.values).toEqual([['by', JSON.stringify(by)]]);
      expect((await checkpoints.history('r')).map(({ node }) => node)).toEqual([null, 'a', 'b', 'c']);
      expect(await checkpoints.find('r')).toMatchObject({ status: 'completed', iteration: 3, leasedUntil: 0 });
    });
    expect(ranIn(path)).toEqual(['first a', 'first b', 'here b', 'here c']);
  });
});
