import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { fingerprintOf } from '../../src/analysis/fingerprint.js';
import type { Review } from '../../src/analysis/review.js';
import type { StreamReviewsOptions } from '../../src/analysis/run-plan.js';
import type { NewReviewRun, RunStore } from '../../src/analysis/run-store.js';
import { StoreError } from '../../src/analysis/store-errors.js';
import { streamReviews } from '../../src/analysis/stream-reviews.js';
import { createAgent } from '../../src/classify/agent.js';
import { loadPrompt } from '../../src/classify/prompt/prompt-file.js';
import { ModelRejectedError } from '../../src/model/model-errors.js';
import { openRunStore } from '../../src/store/runs/open-run-store.js';
import { createRecordingObserver, createScriptedModel, type Script } from '../../src/testing/index.js';

const thread = new URL('../../dist/store/runs/run-store-thread.js', import.meta.url);
const folder = mkdtempSync(join(tmpdir(), 'chorale-recorded-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const newPath = () => join(folder, `${randomUUID()}.db`);
const reviewsOf = (texts: readonly (string | null)[]): Review[] =>
  texts.map((text, index) => ({ index, id: `r${index}`, text }));
const labelOf = (text: string) => (text.includes('good') ? 'positive' : 'negative');
const honest: Script = ({ subject }) => ({ text: labelOf(subject), usage: { promptTokens: 7, completionTokens: 1 } });

interface Session extends Partial<StreamReviewsOptions> {
  readonly path: string;
  readonly script?: Script;
  readonly begin?: Partial<NewReviewRun>;
  /** Stands between the stream and the store. */
  readonly wrap?: (store: RunStore) => RunStore;
  /** Outcomes that are read; then the reader leaves. */
  readonly take?: number;
}

/** One session of a run over reviews: what came out, what was asked, and how the run had begun. */
async function session(reviews: readonly Review[], given: Session) {
  const {
    path,
    script = honest,
    begin = {},
    wrap = (same) => same,
    take = Number.POSITIVE_INFINITY,
    ...options
  } = given;
  const model = createScriptedModel(script);
  const agent = await createAgent({ model, prompt: await loadPrompt('sentiment'), labels: ['positive', 'negative'] });
  const store = await openRunStore({ path, thread });
  try {
    const fingerprint = fingerprintOf(agent, await agent.prepare());
    const digest = JSON.stringify(reviews.map(({ text }) => text));
    const input = { names: ['/in.csv'], digest, scan: null, choice: '{}' };
    const runId = randomUUID();
    const begun = await store.begin({ runId, command: 'analyze', fingerprint, configuration: {}, input, ...begin });
    const run = { store: wrap(store), begun, cache: begin.cache };
    const stream = streamReviews(reviews, { agent, workers: 3, run, ...options });
    const results = [];
    let error: unknown;
    try {
      for await (const { result } of stream.outcomes) if (results.push(result) >= take) break;
      await store.end('done', {});
    } catch (caught) {
      error = caught;
    }
    return { begun, results, error, summary: stream.summary(), asked: model.requests.map(({ subject }) => subject) };
  } finally {
    await store.close();
  }
}

describe('a recorded run', () => {
  it('that was complete is given again without a question', async () => {
    const path = newPath();
    const reviews = reviewsOf(['good', 'bad', ' ', null, 'a good one']);
    const first = await session(reviews, { path });
    const again = await session(reviews, { path });
    expect(first.begun.resumed).toBeNull();
    expect(again.begun).toMatchObject({ runId: first.begun.runId, resumed: { answered: 3, failed: 0, skipped: 2 } });
    expect(again.asked).toEqual([]);
    const unmeasured = (results: typeof first.results) =>
      results.map(({ attempts: _, duration_ms: __, cached: ___, ...result }) => result);
    expect(unmeasured(again.results)).toEqual(unmeasured(first.results));
    expect(again.results[0]).toMatchObject({ cached: true, attempts: 0, duration_ms: 0, prompt_tokens: 7 });
  });

  it('measures only what was asked in this session', async () => {
    const path = newPath();
    await session(reviewsOf(['good', 'bad', 'fine']), { path });
    const { summary } = await session(reviewsOf(['good', 'bad', 'fine', 'new']), { path });
    expect(summary).toMatchObject({
      items: 4,
      succeeded: 4,
      cached: 3,
      success_rate: 1,
      tokens: { prompt: 7, completion: 1 },
      sentiment: { positive: { count: 1 }, negative: { count: 3 } },
    });
    const again = await session(reviewsOf(['good', 'bad', 'fine', 'new']), { path });
    expect(again.summary).toMatchObject({
      cached: 4,
      throughput_per_second: null,
      latency_ms: { p50: null, first: null },
    });
  });

  it('asks again for what failed, and for nothing else', async () => {
    const path = newPath();
    const reviews = reviewsOf(['good', 'bad', 'worse']);
    const script: Script = (request) =>
      request.subject === 'bad' ? new ModelRejectedError(400, 'no') : { text: labelOf(request.subject) };
    const first = await session(reviews, { path, script });
    expect(first.results.map(({ status }) => status)).toEqual(['ok', 'failed', 'ok']);
    const again = await session(reviews, { path });
    expect(again.begun.resumed).toMatchObject({ answered: 2, failed: 1 });
    expect(again.asked).toEqual(['bad']);
    expect(again.results.map(({ status }) => status)).toEqual(['ok', 'ok', 'ok']);
    expect((await session(reviews, { path })).asked).toEqual([]);
  });

  it('whose reader left goes on where it stopped', async () => {
    const path = newPath();
    const reviews = reviewsOf(Array.from({ length: 40 }, (_, n) => `text ${n}`));
    const first = await session(reviews, { path, take: 10 });
    const again = await session(reviews, { path });
    expect(again.results.map(({ index }) => index)).toEqual(reviews.map(({ index }) => index));
    expect(first.asked.length + again.asked.length).toBeLessThanOrEqual(reviews.length + 3);
    expect(first.asked.length).toBeGreaterThanOrEqual(10);
  });

  it('recognises rows by their text when some were added, removed or reordered', async () => {
    const path = newPath();
    await session(reviewsOf(['one', 'two', 'three', 'four']), { path });
    const { begun, asked, results } = await session(reviewsOf(['four', 'new', 'two', 'one']), { path });
    expect(asked).toEqual(['new']);
    expect(begun.resumed).toBeNull();
    expect(begun.before).not.toBeNull();
    expect(results.map(({ cached }) => cached)).toEqual([true, false, true, true]);
  });

  it('tells by an event what it goes on with', async () => {
    const path = newPath();
    const reviews = reviewsOf(['good', ' ']);
    const observer = createRecordingObserver();
    await session(reviews, { path, observer });
    expect(observer.ofType('run.resume')).toEqual([]);
    const { begun } = await session(reviews, { path, observer });
    expect(observer.ofType('run.resume').map(({ data }) => data)).toEqual([
      { run_id: begun.runId, answered: 1, failed: 0, skipped: 1 },
    ]);
    expect(observer.ofType('run.start').map(({ data }) => data.run_id)).toEqual([begun.runId, begun.runId]);
  });
});

describe('the same text', () => {
  it('is asked once in a run, also while the question is on its way', async () => {
    const path = newPath();
    const reviews = reviewsOf(['good', 'good', 'good', 'bad', 'good', 'bad']);
    const { asked, results, summary } = await session(reviews, { path, workers: 6 });
    expect([...asked].sort()).toEqual(['bad', 'good']);
    expect(results.map(({ sentiment }) => sentiment)).toEqual(reviews.map(({ text }) => labelOf(text ?? '')));
    expect(results.filter(({ cached }) => !cached)).toHaveLength(2);
    expect(summary.cached).toBe(4);
  });

  it('is asked by the next one where the first failed', async () => {
    const script: Script = (_, index) => (index === 0 ? new ModelRejectedError(400, 'no') : 'positive');
    const { results } = await session(reviewsOf(['good', 'good', 'good']), { path: newPath(), script, workers: 3 });
    expect(results.map(({ status }) => status)).toEqual(['failed', 'ok', 'ok']);
    expect(results.map(({ cached }) => cached).filter(Boolean)).toHaveLength(1);
  });

  it('is asked each time where nothing is to be used again, and once it is recorded not again', async () => {
    const path = newPath();
    const reviews = reviewsOf(['good', 'good']);
    expect((await session(reviews, { path, begin: { cache: false } })).asked).toHaveLength(2);
    expect((await session(reviews, { path, begin: { cache: false } })).asked).toHaveLength(0);
    expect((await session(reviews, { path, begin: { fresh: true } })).asked).toHaveLength(1);
  });

  it('keeps results in order and asks each text once, whatever the texts and the workers', async () => {
    const texts = fc.array(fc.constantFrom('good', 'bad', ' ', 'so so', 'never again', null), { maxLength: 30 });
    await fc.assert(
      fc.asyncProperty(texts, fc.integer({ min: 1, max: 8 }), async (list, workers) => {
        const { results, asked } = await session(reviewsOf(list), { path: newPath(), workers });
        expect(results.map(({ index }) => index)).toEqual(list.map((_, index) => index));
        expect([...asked].sort()).toEqual([...new Set(list.filter((text) => text?.trim()))].sort());
      }),
      { numRuns: 6 },
    );
  });
});

describe('a store that fails in the middle', () => {
  const failure = new StoreError('runs.db', 'the disk is full', 'make room');

  it('ends the run with its error, after the outcomes of all that were started', async () => {
    let taken = 0;
    const wrap = (store: RunStore): RunStore => ({
      ...store,
      lookUp: (lookups) => store.lookUp(lookups),
      record: (outcome) => (++taken > 5 ? Promise.reject(failure) : store.record(outcome)),
    });
    const reviews = reviewsOf(Array.from({ length: 200 }, (_, n) => `text ${n}`));
    const { results, error, asked } = await session(reviews, { path: newPath(), wrap });
    expect(error).toBe(failure);
    expect(asked.length).toBeLessThan(20);
    expect(results.filter(({ status }) => status === 'ok').length).toBeGreaterThanOrEqual(6);
    expect(results.map(({ status }) => status)).not.toContain('failed');
  });

  it('that cannot be read ends the run, too', async () => {
    const wrap = (store: RunStore): RunStore => ({ ...store, lookUp: () => Promise.reject(failure) });
    const { results, error } = await session(reviewsOf(['good']), { path: newPath(), wrap });
    expect(error).toBe(failure);
    expect(results).toEqual([]);
  });
});
