import { describe, expect, it } from 'vitest';
import { analyzeReviews } from '../../../src/analysis/analyze-reviews.js';
import { createAgent } from '../../../src/classify/agent.js';
import { parsePrompt } from '../../../src/classify/prompt/prompt-file.js';
import { createScriptedModel } from '../../../src/testing/index.js';

const prompt = parsePrompt(
  'mine',
  '---\noutput:\n  fields:\n    refund: { type: boolean }\n    topics: { type: enums, values: [late, loud] }\n---\n{{review}}\n',
);

async function agentOf(...answers: readonly string[]) {
  return createAgent({ model: createScriptedModel(answers), prompt, retry: { maxRetries: 0 } });
}

describe('reviews whose prompt has fields, and no label', () => {
  it('have the fields in their results, in place of a label, and in the summary', async () => {
    const agent = await agentOf('{"refund":true,"topics":["loud","late"]}', '{"refund":false,"topics":[]}');
    const inputs = [
      { text: 'one', expectedFields: { refund: true, topics: ['late'] } },
      { text: 'two', expectedFields: { refund: 'yes' } },
      { text: ' ' },
    ];
    const { results, summary } = await analyzeReviews(inputs, { agent, workers: 1 });
    expect(results.map(({ status, sentiment, fields }) => ({ status, sentiment, fields }))).toEqual([
      { status: 'ok', sentiment: null, fields: { refund: true, topics: ['late', 'loud'] } },
      { status: 'ok', sentiment: null, fields: { refund: false, topics: [] } },
      { status: 'skipped', sentiment: null, fields: null },
    ]);
    expect(JSON.parse(JSON.stringify(results[0])).fields).toEqual({ refund: true, topics: ['late', 'loud'] });
    expect(summary).toMatchObject({
      succeeded: 2,
      sentiment: {},
      fields: { refund: { accuracy: 0.5, gold_rows: 2 }, topics: { answered: 2, gold_rows: 1, recall: 1 } },
    });
    expect(summary).not.toHaveProperty('accuracy');
    expect(summary.latency_ms.mean).not.toBeNull();
  });

  it('reject gold values of other fields, and such as are none', async () => {
    const agent = await agentOf();
    const analyze = (expectedFields: Readonly<Record<string, unknown>>) =>
      analyzeReviews([{ text: 'one', expectedFields }], { agent });
    await expect(analyze({ refnd: true })).rejects.toThrow('inputs[0].expectedFields.refnd must be a field with gold');
    await expect(analyze({ refund: 'perhaps' })).rejects.toThrow("'perhaps' is not true or false");
  });
});
