import { expect, test } from 'vitest';
import { openDatabase } from '../../../src/store/libsql/open-database.js';
import { openStore, temporaryFolder } from '../../store/runs/open-store.js';
import { newRun } from '../../store/runs/outcomes.js';
import { startRecorder } from '../../store/runs/recorder.js';

test('a run store has what it called lasting, however often its process is killed', async ({ onTestFinished }) => {
  const { path, remove } = temporaryFolder();
  onTestFinished(remove);
  for (let kill = 0; kill < 20; kill += 1) {
    const child = startRecorder(path, `${kill}`, `digest ${kill}`, 100_000);
    child.onLasting((lasting) => {
      if (lasting >= 10 + kill * 13) child.kill();
    });
    await child.closed;
    const database = openDatabase(path);
    const rows = database
      .prepare('SELECT position FROM outcomes JOIN runs ON seq = run WHERE id = ? ORDER BY position')
      .all(`${kill}`);
    database.close();
    expect(rows.length).toBeGreaterThanOrEqual(child.lasting());
    expect(rows.map(({ position }) => position)).toEqual(rows.map((_, position) => position));
  }
  // Nobody has the last one any more.
  const store = await openStore(path);
  const input = { names: ['x'], digest: 'digest 19', scan: null, choice: '' };
  expect(await store.begin(newRun('new', { input }))).toMatchObject({
    runId: '19',
    resumed: { status: 'interrupted' },
  });
  await store.close();
});
