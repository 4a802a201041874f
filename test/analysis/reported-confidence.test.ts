import { describe, expect, it } from 'vitest';
import { fingerprintOf } from '../../src/analysis/fingerprint.js';
import type { StreamReviewsOptions } from '../../src/analysis/run-plan.js';
import { streamReviews } from '../../src/analysis/stream-reviews.js';
import { type AgentOptions, createAgent } from '../../src/classify/agent.js';
import { loadPrompt, parsePrompt } from '../../src/classify/prompt/prompt-file.js';
import type { ModelRequest } from '../../src/model/model.js';
import { type MemoryRuns, memoryRunStore, memoryRuns } from '../../src/store/runs/memory-run-store.js';
import { createScriptedModel, type ScriptedAnswer } from '../../src/testing/index.js';

const entry = (token: string, probability: number) => ({ token, logprob: Math.log(probability) });

/** Says `positive`, which has 0.8 of what the labels have together; probabilities come only where they are requested. */
function answer({ topLogprobs }: ModelRequest, mass: number): ScriptedAnswer {
  const listed = [entry('positive', 0.8 * mass), entry('negative', 0.2 * mass), entry('It', 1 - mass)];
  const logprobs = [{ ...entry('positive', 0.8 * mass), alternatives: listed }];
  return { text: 'positive', finishReason: 'stop', logprobs: topLogprobs === undefined ? null : logprobs };
}

const asksByDefault = parsePrompt('mine', '---\nlabels: [positive, negative]\n---\nReview: {{review}}');
const doesNotAsk = parsePrompt(
  'mine',
  '---\nlabels: [positive, negative]\noutput: { probabilities: false }\n---\n{{review}}',
);

interface Session extends Partial<StreamReviewsOptions> {
  readonly agent?: never;
  readonly prompt?: AgentOptions['prompt'];
  readonly probabilities?: boolean;
  readonly mass?: number;
  readonly texts?: number;
  readonly shared?: MemoryRuns;
}

/** Analyses so many texts, one at a time. */
async function session(given: Session = {}) {
  const { prompt = asksByDefault, probabilities, mass = 0.9, texts = 20, shared, ...options } = given;
  const model = createScriptedModel((request) => answer(request, mass), { name: 'small' });
  const agent = await createAgent({ model, prompt, probabilities });
  const reviews = Array.from({ length: texts }, (_, index) => ({ index, id: `${index}`, text: `text ${index}` }));
  const store = shared && memoryRunStore({ shared });
  const input = { names: ['a'], digest: 'd', scan: null, choice: '{}' };
  const fingerprint = fingerprintOf(agent, { serverVersion: null, loadMs: null });
  const begun = await store?.begin({ runId: 'r', command: 'analyze', fingerprint, configuration: {}, input });
  const run = store && begun && { store, begun };
  const stream = streamReviews(reviews, { agent, workers: 1, run, ...options });
  const confidences: (number | null)[] = [];
  const shares: (readonly number[] | null)[] = [];
  for await (const { result, labelShares } of stream.outcomes) {
    confidences.push(result.confidence);
    shares.push(labelShares);
  }
  await store?.end('done', {});
  await store?.close();
  return {
    confidences,
    shares,
    requested: model.requests.map(({ topLogprobs }) => topLogprobs !== undefined),
    summary: stream.summary(),
  };
}

const times = <T>(count: number, value: T) => Array.from({ length: count }, () => value);
const none = { not_requested: 0, not_given: 0, not_settled: 0, unverified: 0 };

describe('a prompt that does not request probabilities by default', () => {
  it('does so for the first 12 texts, to see whether the template fits, and shows no confidence', async () => {
    const { confidences, shares, requested, summary } = await session({ prompt: doesNotAsk });
    expect(requested).toEqual([...times(12, true), ...times(8, false)]);
    expect(confidences).toEqual(times(20, null));
    expect(shares).toEqual(times(20, null));
    expect(summary.confidence).toMatchObject({ count: 0, mean: null, without: { ...none, not_requested: 20 } });
    expect(summary.confidence.label_mass).toBeCloseTo(0.9, 2);
    expect(summary.warnings).toEqual([]);
  });

  it('does so for all texts when the user says so', async () => {
    const { confidences, requested } = await session({ prompt: doesNotAsk, probabilities: true });
    expect(requested).toEqual(times(20, true));
    expect(confidences).toEqual(times(20, expect.closeTo(0.8, 9)));
  });

  it('requests none at all when the user says so', async () => {
    const { requested, summary } = await session({ prompt: asksByDefault, probabilities: false });
    expect(requested).toEqual(times(20, false));
    expect(summary.confidence).toMatchObject({ count: 0, label_mass: null, without: { ...none, not_requested: 20 } });
  });
});

describe('a model that does not want to answer with a label', () => {
  it.each([
    ['requests probabilities', asksByDefault],
    ['does not', doesNotAsk],
  ])('is reported before 30 texts are done, by a prompt that %s, and in the summary', async (_, prompt) => {
    const told: string[] = [];
    let done = 0;
    const { summary } = await session({
      prompt,
      mass: 0.0003,
      texts: 40,
      onProgress: () => {
        done += 1;
      },
      onWarning: (warning) => told.push(`${done < 30 ? 'early' : 'late'}: ${warning}`),
    });
    expect(told).toEqual([
      expect.stringMatching(/^early: the template of this model probably does not fit: the labels have 0\.0003 of the/),
    ]);
    expect(told[0]).toContain('sentiment-completion');
    expect(summary.warnings).toEqual([told[0]?.replace('early: ', '')]);
  });

  it.each([
    ['a few such answers', { mass: 0.0003, texts: 9 }],
    ['labels that have little, as a small model gives them where a schema forces the form', { mass: 0.005 }],
  ])('is not suspected because of %s', async (_, given) => {
    expect((await session(given)).summary.warnings).toEqual([]);
  });

  it('behind a completion prompt is no matter of a template', async () => {
    const prompt = await loadPrompt('sentiment-completion');
    const { summary } = await session({ prompt, mass: 0.0003 });
    expect(summary.warnings[0]).toMatch(/^this model probably does not answer this prompt with a label: .* 0\.0003/);
  });
});

describe('recorded answers', () => {
  it('give the same confidence as fresh ones', async () => {
    const shared = memoryRuns();
    const fresh = await session({ shared });
    const again = await session({ shared });
    expect(again.requested).toEqual([]);
    expect(again.confidences).toEqual(fresh.confidences);
    expect(again.shares).toEqual(fresh.shares);
    expect(again.summary.confidence).toEqual(fresh.summary.confidence);
  });

  it('without probabilities are requested again by a run that wants them, and that is said', async () => {
    const shared = memoryRuns();
    await session({ shared, probabilities: false });
    const again = await session({ shared });
    expect(again.requested).toEqual(times(20, true));
    expect(again.confidences).toEqual(times(20, expect.closeTo(0.8, 9)));
    expect(again.summary.warnings).toEqual(['20 recorded answers have no probabilities: these texts were sent again']);
    expect((await session({ shared })).requested).toEqual([]);
  });

  it('with probabilities serve a run that wants none, and show it no confidence', async () => {
    const shared = memoryRuns();
    await session({ shared });
    const again = await session({ shared, probabilities: false });
    expect(again.requested).toEqual([]);
    expect(again.confidences).toEqual(times(20, null));
    expect((await session({ shared })).confidences).toEqual(times(20, expect.closeTo(0.8, 9)));
  });

  it('of an earlier version keep their label and lose a confidence that nobody can verify', async () => {
    const shared = memoryRuns();
    await session({ shared });
    // The first schema had neither the label mass nor whether probabilities were requested.
    shared.database.prepare(`UPDATE outcomes SET answer = json_remove(answer, '$[10]', '$[9]')`).run();
    const { requested, confidences, shares, summary } = await session({ shared });
    expect(requested).toEqual([]);
    expect(confidences).toEqual(times(20, null));
    expect(shares).toEqual(times(20, null));
    expect(summary.confidence.without).toEqual({ ...none, unverified: 20 });
    expect(summary.warnings).toEqual([expect.stringMatching(/^20 answers are those of an earlier version/)]);
  });
});
