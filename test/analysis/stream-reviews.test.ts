import { describe, expect, it, vi } from 'vitest';
import { analyzeReviews } from '../../src/analysis/analyze-reviews.js';
import type { Review } from '../../src/analysis/review.js';
import { streamReviews } from '../../src/analysis/stream-reviews.js';
import { type Agent, createAgent } from '../../src/classify/agent.js';
import { loadPrompt } from '../../src/classify/prompt/prompt-file.js';
import { RowError } from '../../src/data/data-errors.js';
import type { Model, ModelAnswer, ModelRequest } from '../../src/model/model.js';
import { ModelAddressError, ModelAuthError, ModelUnavailableError } from '../../src/model/model-errors.js';
import { createRecordingObserver } from '../../src/testing/index.js';

const answer: ModelAnswer = {
  text: 'positive',
  finishReason: 'stop',
  usage: { promptTokens: 10, completionTokens: 1 },
  durations: { totalMs: 5, firstTokenMs: 4, queueMs: 2, loadMs: 0 },
  logprobs: null,
};

const prompt = loadPrompt('sentiment');

/** An agent whose model answers by a function of the review. */
async function agentOf(respond: (request: ModelRequest) => Partial<ModelAnswer> | Promise<Partial<ModelAnswer>>) {
  const model: Model = {
    provider: 'test',
    name: 'test',
    caveat: null,
    prepare: async () => ({ serverVersion: null, loadMs: null }),
    ask: async (request) => ({ ...answer, ...(await respond(request)) }),
    close: async () => {},
  };
  return createAgent({ model, prompt: await loadPrompt('sentiment') });
}

function review(index: number, text: string | null, more: Partial<Review> = {}): Review {
  return { index, id: `r${index}`, text, ...more };
}

async function runAll(reviews: readonly Review[], agent: Agent, more = {}) {
  const stream = streamReviews(reviews, { agent, ...more });
  const results = [];
  for await (const { result } of stream.outcomes) results.push(result);
  return { results, summary: stream.summary() };
}

describe('a run over reviews', () => {
  it('knows how many reviews were not started once a source of unknown length has ended, and not before', async () => {
    const agent = await agentOf(() => ({ text: 'positive' }));
    async function* source() {
      yield* [review(0, 'good'), review(1, 'fine')];
    }
    const observer = createRecordingObserver();
    const stream = streamReviews(source(), { agent, observer });
    for await (const { review: first } of stream.outcomes) {
      if (first.index === 0) expect(stream.summary()).toMatchObject({ items: 1, not_started: null });
    }
    expect(stream.summary()).toMatchObject({ items: 2, succeeded: 2, not_started: 0 });
    expect(observer.ofType('run.complete')[0]?.data.not_started).toBe(0);

    const stopped = streamReviews(source(), { agent, workers: 1 });
    for await (const _ of stopped.outcomes) break;
    expect(stopped.summary()).toMatchObject({ items: 1, not_started: null });
  });

  it.each([
    new ModelAuthError('http://h', 401, 'no such key', 'check the key'),
    new ModelAddressError('http://h', 'redirects to http://elsewhere', 'give that address'),
  ])('ends at a failure that every further review would meet: $name', async (error) => {
    let asked = 0;
    const agent = await agentOf(() => {
      asked += 1;
      if (asked > 50) throw error;
      return { text: 'positive' };
    });
    const reviews = Array.from({ length: 2_000 }, (_, index) => review(index, `review ${index}`));
    const stream = streamReviews(reviews, { agent, workers: 8 });
    const statuses: string[] = [];
    const readAll = async () => {
      for await (const { result } of stream.outcomes) statuses.push(result.status);
    };
    await expect(readAll()).rejects.toBe(error);
    expect(asked).toBeLessThanOrEqual(50 + 8);
    expect(statuses.filter((status) => status === 'ok')).toHaveLength(50);
    expect(stream.summary()).toMatchObject({ succeeded: 50, items: 2_000 });
  });

  it('gives each review a result with all its fields, in input order', async () => {
    const agent = await agentOf(({ subject }) => ({ text: subject === 'bad' ? 'negative' : 'positive' }));
    const { results } = await runAll([review(0, 'good'), review(1, 'bad'), review(2, ' ')], agent, { workers: 3 });
    expect(results.map(({ id, status, sentiment }) => [id, status, sentiment])).toEqual([
      ['r0', 'ok', 'positive'],
      ['r1', 'ok', 'negative'],
      ['r2', 'skipped', null],
    ]);
    expect(results[0]).toMatchObject({
      confidence: null,
      rationale: null,
      error: null,
      error_code: null,
      attempts: 1,
      cached: false,
      provider: 'test',
      model: 'test',
      prompt_tokens: 10,
      completion_tokens: 1,
    });
  });

  it('makes a wrong answer a failed result that says what came, and goes on', async () => {
    const agent = await agentOf(({ subject }) => ({ text: subject === 'odd' ? 'banana' : 'positive' }));
    const { results, summary } = await runAll([review(0, 'odd'), review(1, 'good')], agent);
    expect(results[0]).toMatchObject({ status: 'failed', sentiment: null, error_code: 'CHORALE_ANSWER_INVALID' });
    expect(results[0]?.error).toMatch(/'banana'/);
    expect(results[1]?.status).toBe('ok');
    expect(summary).toMatchObject({ succeeded: 1, failed: 1, success_rate: 0.5 });
  });

  it('asks nothing about a row that cannot be read', async () => {
    let asked = 0;
    const agent = await agentOf(() => {
      asked += 1;
      return {};
    });
    const problem = new RowError({ path: 'x.csv', line: 3 }, 'is ragged');
    const { results } = await runAll([review(0, 'text', { problem })], agent);
    expect(asked).toBe(0);
    expect(results[0]).toMatchObject({
      status: 'failed',
      error_code: 'CHORALE_ROW',
      error: 'x.csv:3: is ragged',
      attempts: 0,
    });
  });

  it('sums up tokens, queue, retries and failures by category', async () => {
    const agent = await agentOf(({ subject }) => ({ text: subject.startsWith('odd') ? 'banana' : 'positive' }));
    const texts = ['odd 1', 'good', 'odd 2', 'good', ''];
    const { summary } = await runAll(
      texts.map((text, index) => review(index, text)),
      agent,
      { workers: 2 },
    );
    expect(summary).toMatchObject({
      items: 5,
      succeeded: 2,
      failed: 2,
      skipped: 1,
      not_started: 0,
      success_rate: 0.5,
      workers: 2,
      worker_cap: 16,
      tokens: { prompt: 20, completion: 2 },
      retries: 2,
    });
    expect(summary.errors).toHaveLength(1);
    expect(summary.errors[0]).toMatchObject({ code: 'CHORALE_ANSWER_INVALID', count: 2 });
  });

  it('counts each question that was sent as an attempt', async () => {
    const gone = new ModelUnavailableError('http://a', 'connection refused');
    const asked = new Map<string, number>();
    // Two servers for the first attempt, one for the second; `plain` goes to one that does not say so.
    const model: Model = {
      ...(await agentOf(() => ({}))).model,
      async ask({ subject }, { onSend }) {
        const attempt = (asked.get(subject) ?? 0) + 1;
        asked.set(subject, attempt);
        if (subject === 'plain') return answer;
        onSend?.('http://a');
        if (attempt === 1) onSend?.('http://b');
        if (subject === 'lost' || attempt === 1) throw gone;
        return answer;
      },
    };
    const retry = { maxRetries: 1, initialBackoffMs: 0 };
    const agent = await createAgent({ model, prompt: await loadPrompt('sentiment'), retry });
    const texts = ['plain', 'moved', 'lost'];
    const { results, summary } = await runAll(
      texts.map((text, index) => review(index, text)),
      agent,
    );
    expect(results.map(({ status, attempts }) => [status, attempts])).toEqual([
      ['ok', 1],
      ['ok', 3],
      ['failed', 3],
    ]);
    expect(summary.retries).toBe(4);
  });

  it('sums up what each server did, and warns of those that were down', async () => {
    const host = {
      up: true,
      answered: 1,
      failed: 0,
      share: 1,
      latency_ms: { mean: 5, p50: 5, p95: 5 },
      in_flight_max: 1,
      down_count: 0,
      down_ms: 0,
      problem: null,
    };
    const hosts = [
      { ...host, server: 'http://a' },
      { ...host, server: 'http://b', down_count: 2, down_ms: 1_500, problem: 'connection refused' },
      {
        ...host,
        server: 'http://c',
        up: false,
        answered: 0,
        down_count: 1,
        down_ms: 9,
        problem: 'the name is not known',
      },
    ];
    const agent = await agentOf(() => ({}));
    const pooled = { ...agent.model, metrics: () => hosts };
    const { summary } = await runAll([review(0, 'good')], await createAgent({ model: pooled, prompt: await prompt }));
    expect(summary.hosts).toEqual(hosts);
    expect(summary.warnings).toEqual([
      'http://b was down 2 times, for 1.5 s in all: connection refused',
      'http://c was excluded: the name is not known',
    ]);
    expect((await runAll([], agent)).summary).not.toHaveProperty('hosts');
  });

  it('gives the outcomes of what was started before it throws what stopped it', async () => {
    const controller = new AbortController();
    const reason = new Error('enough');
    const agent = await agentOf(({ subject }) => {
      if (subject === 'stop') controller.abort(reason);
      return {};
    });
    const texts = ['good', 'stop', 'good', 'good'];
    const reviews = texts.map((text, index) => review(index, text));
    const stream = streamReviews(reviews, { agent, workers: 1, signal: controller.signal });
    const statuses: string[] = [];
    const reading = (async () => {
      for await (const { result } of stream.outcomes) statuses.push(result.status);
    })();
    await expect(reading).rejects.toBe(reason);
    expect(statuses[0]).toBe('ok');
    const summary = stream.summary();
    expect(summary.succeeded + summary.cancelled + (summary.not_started ?? 0)).toBe(4);
    expect(summary.not_started).toBeGreaterThan(0);
  });

  it('emits run.start and run.complete once each, on every path', async () => {
    const observer = createRecordingObserver();
    const agent = await agentOf(() => ({}));
    await runAll([review(0, 'good')], agent, { observer });
    const types = observer.types();
    expect(types[0]).toBe('run.start');
    expect(types.at(-1)).toBe('run.complete');
    const failing = createRecordingObserver();
    const signal = AbortSignal.abort(new Error('no'));
    await expect(runAll([review(0, 'good')], agent, { observer: failing, signal })).rejects.toThrow('no');
    expect(failing.types().filter((type) => type.startsWith('run.'))).toEqual(['run.start', 'run.complete']);
  });

  it('drops an observer that throws, for itself and its workers, after one warning', async () => {
    const warn = vi.spyOn(process, 'emitWarning').mockReturnValue();
    const onEvent = vi.fn(() => expect.fail('boom'));
    const { results } = await runAll([review(0, 'good')], await agentOf(() => ({})), { observer: { onEvent } });
    expect(results).toHaveLength(1);
    expect(onEvent).toHaveBeenCalledTimes(1);
    expect(warn.mock.calls).toEqual([['an observer threw and is ignored from now on: boom', 'ChoraleWarning']]);
    warn.mockRestore();
  });

  it('has no shares, rates or latencies of nothing', async () => {
    const { summary } = await runAll([], await agentOf(() => ({})));
    expect(summary).toMatchObject({ items: 0, success_rate: null, queue_ms: null, tokens: { prompt: null } });
    expect(summary.latency_ms).toEqual({ mean: null, p50: null, p95: null, p99: null, max: null, first: null });
  });
});

describe('analyzeReviews', () => {
  it('takes texts, and right labels to compare with', async () => {
    const agent = await agentOf(({ subject }) => ({ text: subject === 'bad' ? 'negative' : 'positive' }));
    const inputs = [
      { text: 'good', expected: 'positive' },
      { text: 'bad', expected: 'positive' },
    ];
    const { results, summary } = await analyzeReviews(inputs, { agent });
    expect(results.map((result) => result.id)).toEqual(['1', '2']);
    expect(summary.accuracy).toBe(0.5);
  });

  it('tells progress in the order in which reviews are done', async () => {
    const agent = await agentOf(() => ({}));
    const seen: number[] = [];
    await analyzeReviews(['a', 'b', 'c'], { agent, onProgress: (completed) => seen.push(completed) });
    expect(seen).toEqual([1, 2, 3]);
  });

  it('refuses what is no list', async () => {
    const agent = await agentOf(() => ({}));
    await expect(analyzeReviews('good' as never, { agent })).rejects.toThrow(/inputs must be an array/);
  });
});
