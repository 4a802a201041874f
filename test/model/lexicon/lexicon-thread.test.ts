import fc from 'fast-check';
import { describe } from 'vitest';
import { type LexiconOptions, lexicon } from '../../../src/model/lexicon/lexicon-model.js';
import { lexiconScore } from '../../../src/model/lexicon/lexicon-score.js';
import { ScoringThread } from '../../../src/model/lexicon/scoring-thread.js';
import type { Model, ModelRequest } from '../../../src/model/model.js';
import { createManualClock } from '../../../src/testing/index.js';
import { test } from '../quiet-test.js';

const built = new URL('../../../dist/model/lexicon/lexicon-thread.js', import.meta.url);
const { signal } = new AbortController();
const nextTurn = () => new Promise<void>((resolve) => void setImmediate(resolve));

function about(subject: string): ModelRequest {
  return {
    input: { kind: 'completion', prompt: 'is not read' },
    subject,
    labels: ['positive', 'neutral', 'negative'],
    options: { maxOutputTokens: 1, contextTokens: 4_096, temperature: 0, seed: 1, stopSequences: [] },
  };
}

/** A thread of this source, in place of the built one. */
const threadOf = (source: string) =>
  new URL(`data:text/javascript,${encodeURIComponent(`import { parentPort } from 'node:worker_threads'; ${source}`)}`);

/** Scores everything 1000 times as much, so that one sees who scored. */
const telling = threadOf(`
  parentPort.on('message', (texts) => parentPort.postMessage(texts.map(() => 1000)));
  parentPort.postMessage('ready');
`);

/** Says that it listens, and never answers. */
const silent = threadOf(`parentPort.on('message', () => {}); parentPort.postMessage('ready');`);

/** Ends with the first message. */
const dying = (how: string) => threadOf(`parentPort.on('message', () => { ${how} }); parentPort.postMessage('ready');`);

/** A thread that listens. */
async function started(url: URL): Promise<ScoringThread> {
  const thread = new ScoringThread(url, createManualClock());
  while (!thread.isThere) await nextTurn();
  return thread;
}

const scoresOf = (thread: ScoringThread, texts: readonly string[], by = signal) =>
  Promise.all(texts.map((text) => thread.score(text, by)));
const many = Array.from({ length: 100 }, (_, index) => (index % 3 === 0 ? `good ${index}` : `awful, ${index}`));

describe('the thread of the lexicon', () => {
  test('any texts, asked about side by side, have the scores that they have here', async ({
    expect,
    onTestFinished,
  }) => {
    const thread = await started(built);
    onTestFinished(() => thread.close());
    const word = fc.oneof(
      fc.string({ unit: 'grapheme' }),
      fc.constantFrom('not', 'good', 'awful', '#bad', ':)', 'toString'),
    );
    const texts = fc.array(
      fc.array(word).map((words) => words.join(' ')),
      { maxLength: 80 },
    );
    await fc.assert(
      fc.asyncProperty(texts, async (some) => {
        expect(await scoresOf(thread, some)).toEqual(some.map(lexiconScore));
      }),
    );
  });

  test('does the scoring once it is there', async ({ expect, onTestFinished }) => {
    const thread = new ScoringThread(telling, createManualClock());
    onTestFinished(() => thread.close());
    expect(thread.score('good', signal)).toBe(3);
    while (!thread.isThere) await nextTurn();
    expect(await scoresOf(thread, many)).toEqual(many.map(() => 1_000));
  });

  test('is not asked about a text or two', async ({ expect, onTestFinished }) => {
    const thread = await started(telling);
    onTestFinished(() => thread.close());
    expect(await scoresOf(thread, ['good', 'awful'])).toEqual([lexiconScore('good'), lexiconScore('awful')]);
  });

  test.for([
    ['throws', dying(`throw new Error('no');`)],
    ['exits', dying('process.exit(1);')],
  ] as const)('that %s loses no text: they are scored here', async ([, url], { expect, onTestFinished }) => {
    const thread = await started(url);
    onTestFinished(() => thread.close());
    expect(await scoresOf(thread, many)).toEqual(many.map(lexiconScore));
    expect(thread.score('good', signal)).toBe(3);
  });

  test('that cannot be started is not needed', async ({ expect, onTestFinished }) => {
    const thread = new ScoringThread(threadOf(`throw new Error('no');`), createManualClock());
    onTestFinished(() => thread.close());
    expect(await scoresOf(thread, many)).toEqual(many.map(lexiconScore));
  });

  test('does not hold up who stops waiting', async ({ expect, onTestFinished }) => {
    const thread = await started(silent);
    onTestFinished(() => thread.close());
    const stopping = new AbortController();
    const scores = scoresOf(thread, many, stopping.signal);
    await nextTurn();
    stopping.abort('enough');
    await expect(scores).rejects.toBe('enough');
  });

  test('is ended by close, and texts that wait are scored here', async ({ expect }) => {
    const thread = await started(silent);
    const scores = scoresOf(thread, many);
    await nextTurn();
    await thread.close();
    expect(await scores).toEqual(many.map(lexiconScore));
    expect(await scoresOf(thread, many)).toEqual(many.map(lexiconScore));
  });
});

describe('a lexicon with a thread', () => {
  const labelsOf = async (model: Model) =>
    Promise.all(many.map(async (text) => (await model.ask(about(text), { signal })).text));

  async function labelsBy(options: LexiconOptions): Promise<string[]> {
    const model = lexicon(options);
    const first = await labelsOf(model);
    // The thread gets there in between.
    for (let turn = 0; turn < 2_000; turn += 1) await nextTurn();
    const labels = [...first, ...(await labelsOf(model))];
    await model.close();
    return labels;
  }

  test('answers as one without', async ({ expect }) => {
    const plain = await labelsBy({});
    expect(await labelsBy({ thread: { startAfter: 10, url: built } })).toEqual(plain);
    expect(await labelsBy({ thread: { startAfter: 10, url: threadOf('') } })).toEqual(plain);
  });

  test('answers the same to texts that were announced, also twice, also when the thread is lost', async ({
    expect,
  }) => {
    const plain = await labelsBy({});
    for (const url of [built, threadOf('process.exit(1)')]) {
      const model = lexicon({ thread: { startAfter: 0, url } });
      await labelsOf(model);
      for (let turn = 0; turn < 2_000; turn += 1) await nextTurn();
      model.prefetch?.(many);
      model.prefetch?.(many);
      const announced = await labelsOf(model);
      expect([...announced, ...(await labelsOf(model))]).toEqual(plain);
      await model.close();
    }
  });

  test.for([
    [{ startAfter: 1_000 }, 0],
    [{ startAfter: 10 }, 100],
  ] as const)('starts it after so many questions: %j', async ([thread, fromThread], { expect, onTestFinished }) => {
    // What is negative here is positive there.
    const model = lexicon({ thread: { ...thread, url: telling }, clock: createManualClock() });
    onTestFinished(() => model.close());
    await labelsOf(model);
    const deadline = Date.now() + 5_000;
    const positives = async () => (await labelsOf(model)).filter((label) => label === 'positive').length;
    let found = await positives();
    while (found !== 100 && fromThread > 0 && Date.now() < deadline) {
      await nextTurn();
      found = await positives();
    }
    expect(found).toBe(fromThread || 34);
  });

  test('starts no thread once it is closed', async ({ expect }) => {
    const model = lexicon({ thread: { startAfter: 0, url: telling } });
    await model.close();
    expect(await labelsOf(model)).toContain('negative');
  });
});
