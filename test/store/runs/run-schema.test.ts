import { createHash } from 'node:crypto';
import { copyFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openDatabase } from '../../../src/store/libsql/open-database.js';
import { openRunArchive } from '../../../src/store/runs/run-archive.js';
import { runMigrations } from '../../../src/store/runs/run-schema.js';
import { openStore, temporaryFolder } from './open-store.js';

const written = fileURLToPath(new URL('../../fixtures/run-store-1/runs.db', import.meta.url));
let path: string;
let remove: () => void;

beforeEach(() => {
  ({ path, remove } = temporaryFolder());
  copyFileSync(written, path);
});
afterEach(() => remove());

const digestOf = (parts: object) => createHash('sha256').update(JSON.stringify(parts)).digest('hex');

/** What the one run of the store was. */
function recorded() {
  const archive = openRunArchive(path);
  const [run] = archive.list();
  const id = run?.id ?? '';
  const found = {
    id,
    run,
    fingerprint: archive.fingerprint(id),
    input: archive.input(id),
    outcomes: [...archive.outcomes(id)],
  };
  archive.close();
  return found;
}

describe('a run store that schema 1 wrote', () => {
  test('is read: the label of each answer, and a confidence that is marked as unverified', () => {
    const { run, outcomes } = recorded();
    expect(run).toMatchObject({ status: 'interrupted', answered: 6, failed: 0 });
    expect(outcomes.map(({ prediction }) => prediction?.label)).toEqual([
      ...['positive', 'positive', 'negative', 'negative', 'positive', 'positive'],
    ]);
    for (const { prediction } of outcomes) {
      expect(prediction).toMatchObject({
        confidence: expect.any(Number),
        labelMass: null,
        probabilities: 'unverified',
      });
    }
  });

  test('has fingerprints without the number of alternatives, and their hashes are those of the parts', () => {
    const { fingerprint } = recorded();
    expect(fingerprint.parts).not.toHaveProperty('alternatives per token');
    expect(fingerprint.hash).toBe(digestOf(fingerprint.parts));
  });

  test('is resumed, and holds answers of both schemas then', async () => {
    const { id, fingerprint, input, outcomes } = recorded();
    const store = await openStore(path);
    const begun = await store.begin({ runId: 'new', command: 'analyze', fingerprint, configuration: {}, input });
    expect(begun).toMatchObject({ runId: id, resumed: { answered: 6 } });
    const key = outcomes[0]?.key ?? '';
    expect(
      await store.lookUp([
        { position: 0, key },
        { position: 7, key },
      ]),
    ).toMatchObject([
      { from: 'run', prediction: { label: 'positive', probabilities: 'unverified' } },
      { from: 'cache', prediction: { label: 'positive', probabilities: 'unverified' } },
    ]);
    const prediction = outcomes[0]?.prediction;
    if (!prediction || !outcomes[0]) throw new Error('no answer');
    const fresh = { ...prediction, labelMass: 0.75, probabilities: 'requested' as const };
    await store.record({ ...outcomes[0], position: 6, key: 'another', prediction: fresh });
    await store.end('done', {});
    await store.close();
    expect(recorded().outcomes.map((outcome) => outcome.prediction?.probabilities)).toEqual([
      ...Array.from({ length: 6 }, () => 'unverified'),
      'requested',
    ]);
  });

  test('brings fingerprints that differ in nothing else together: runs, answers and their index', async () => {
    const parts = { model: 'm', prompt: 'p' };
    const before = openDatabase(path);
    before.prepare('DELETE FROM fingerprints').run();
    for (const [seq, alternatives] of [
      [1, '10'],
      [2, 'none'],
    ] as const) {
      const old = { ...parts, 'alternatives per token': alternatives };
      before.prepare('INSERT INTO fingerprints VALUES (?, ?, ?)').run(seq, digestOf(old), JSON.stringify(old));
    }
    before
      .prepare(
        "INSERT INTO answers (id, fingerprint, key, run, at, size, answer) VALUES (99, 2, 'k', 1, 1, 9, '[\"x\"]')",
      )
      .run();
    before.prepare("INSERT INTO answer_index VALUES (1, 'k', 2), (2, 'k', 99), (2, 'only here', 99)").run();
    before.migrate('runs', runMigrations);
    expect(before.prepare('SELECT seq, hash FROM fingerprints').all()).toEqual([{ seq: 1, hash: digestOf(parts) }]);
    expect(before.prepare("SELECT * FROM answer_index WHERE key IN ('k', 'only here') ORDER BY key").all()).toEqual([
      { fingerprint: 1, key: 'k', id: 99 },
      { fingerprint: 1, key: 'only here', id: 99 },
    ]);
    expect(before.prepare('SELECT DISTINCT fingerprint FROM answers').all()).toEqual([{ fingerprint: 1 }]);
    before.close();
  });
});
