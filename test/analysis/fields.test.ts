import { describe, expect, test } from 'vitest';
import { analyzeReviews } from '../../src/analysis/analyze-reviews.js';
import { calibrateReviews } from '../../src/analysis/calibrate-reviews.js';
import { textKey } from '../../src/analysis/fingerprint.js';
import { streamReviews } from '../../src/analysis/stream-reviews.js';
import { createAgent } from '../../src/classify/agent.js';
import { parsePrompt } from '../../src/classify/prompt/prompt-file.js';
import { memoryRunStore, memoryRuns } from '../../src/store/runs/memory-run-store.js';
import { createManualClock, createScriptedModel } from '../../src/testing/index.js';

const prompt = parsePrompt(
  'mine',
  '---\noutput:\n  fields:\n    angry: { type: boolean }\n    items: { type: list, fields: { item: { type: string } } }\n---\n{{review}}',
);

async function agentWith(texts: readonly string[]) {
  const runtime = createManualClock({ epochMs: 5 });
  const model = createScriptedModel(
    texts.map((text) => ({ text, usage: { promptTokens: 5, completionTokens: 2 } })),
    { clock: runtime },
  );
  return { agent: await createAgent({ model, prompt, runtime }), runtime, model };
}

const answers = [
  '{"angry":true,"items":[{"item":"zip"}]}',
  '{"angry":1}',
  '{"angry":"no"}',
  '{"angry":false,"items":[]}',
];

describe('a run whose prompt has fields, and none of them is the label', () => {
  test('its answers count, have no label, and one that stays invalid after its repair is a failure with its reason', async () => {
    const { agent, runtime } = await agentWith(answers);
    const { results, summary } = await analyzeReviews(['a', 'b', 'c', ' '], { agent, runtime, workers: 1 });
    expect(
      results.map(({ status, sentiment, confidence, attempts }) => [status, sentiment, confidence, attempts]),
    ).toEqual([
      ['ok', null, null, 1],
      ['failed', null, null, 2],
      ['ok', null, null, 1],
      ['skipped', null, null, 0],
    ]);
    expect(results[1]).toMatchObject({
      error_code: 'CHORALE_ANSWER_INVALID',
      error: `the answer does not fit the fields: angry: must be true or false; items: is missing: '{"angry":"no"}'`,
    });
    expect(summary).toMatchObject({ succeeded: 2, failed: 1, skipped: 1, sentiment: {}, warnings: [] });
    expect(summary.latency_ms.max).not.toBeNull();
  });

  test('its confidence cannot be calibrated: nothing is requested', async () => {
    const { agent, runtime, model } = await agentWith(answers);
    await expect(calibrateReviews([], { agent, runtime })).rejects.toMatchObject({
      code: 'CHORALE_CALIBRATION',
      message: expect.stringContaining('have no label, and only the confidence of labels is calibrated'),
    });
    expect(model.requests).toHaveLength(0);
  });

  test('a cached row has the same fields', async () => {
    const shared = memoryRuns();
    const found: unknown[] = [];
    for (const runId of ['1', '2']) {
      const { agent, runtime, model } = await agentWith(runId === '1' ? [answers[0] ?? ''] : []);
      const store = memoryRunStore({ shared });
      const fingerprint = { hash: 'f', parts: {} };
      const input = { names: ['a.csv'], digest: runId, scan: null, choice: '{}' };
      const begun = await store.begin({ runId, command: 'analyze', fingerprint, configuration: {}, input });
      const reviews = [{ index: 0, id: '0', text: 'a' }];
      const run = streamReviews(reviews, { agent, runtime, run: { store, begun } });
      for await (const { result } of run.outcomes)
        expect(result).toMatchObject({ status: 'ok', cached: runId === '2' });
      const [row] = await store.lookUp([{ position: 0, key: textKey('a') }]);
      found.push([row?.from, row?.prediction.fields]);
      expect(model.requests).toHaveLength(runId === '1' ? 1 : 0);
      await store.end('done', {});
      await store.close();
    }
    const fields = { angry: true, items: [{ item: 'zip' }] };
    expect(found).toEqual([
      ['run', fields],
      ['run', fields],
    ]);
  });
});
