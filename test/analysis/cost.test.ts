import { expect, test } from 'vitest';
import { analyzeReviews } from '../../src/analysis/analyze-reviews.js';
import { createAgent } from '../../src/classify/agent.js';
import { loadPrompt } from '../../src/classify/prompt/prompt-file.js';
import { createScriptedModel, type ScriptStep } from '../../src/testing/index.js';

const price = { promptPerMillion: 2, completionPerMillion: 10, currency: 'EUR' };
const answer = (promptTokens: number | null, completionTokens: number | null): ScriptStep => ({
  text: '"positive"',
  usage: { promptTokens, completionTokens },
});

async function summaryOf(script: readonly ScriptStep[], given?: typeof price) {
  const agent = await createAgent({ model: createScriptedModel(script), prompt: await loadPrompt('sentiment') });
  return (await analyzeReviews(script.map(String), { agent, price: given })).summary;
}

test('the cost is the tokens of every answer at their price', async () => {
  const { cost, warnings } = await summaryOf([answer(300_000, 50_000), answer(200_000, 50_000)], price);
  expect(cost).toEqual({ amount: 2, currency: 'EUR' });
  expect(warnings).toEqual([]);
});

test('where a server did not count, no cost is made up', async () => {
  const { cost, warnings } = await summaryOf([answer(300_000, 50_000), answer(300_000, null)], price);
  expect(cost).toEqual({ amount: null, currency: 'EUR' });
  expect(warnings).toEqual(['the cost is not known: the server did not count the tokens of 1 answers']);
});

test('without a price nothing is said of a cost', async () => {
  expect(await summaryOf([answer(1, 1)])).not.toHaveProperty('cost');
});
