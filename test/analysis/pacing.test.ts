import { expect, test } from 'vitest';
import { analyzeReviews } from '../../src/analysis/analyze-reviews.js';
import { createAgent } from '../../src/classify/agent.js';
import { loadPrompt } from '../../src/classify/prompt/prompt-file.js';
import { createManualClock, createScriptedModel } from '../../src/testing/index.js';

test('reviews wait for their turn before their time begins, and blank ones take nobody’s', async () => {
  const runtime = createManualClock();
  const sentAt: number[] = [];
  const model = createScriptedModel(
    () => {
      sentAt.push(runtime.now());
      return '"positive"';
    },
    { clock: runtime },
  );
  const prompt = await loadPrompt('sentiment');
  const agent = await createAgent({ model, prompt, runtime, pacing: { requestsPerSecond: 1 }, itemTimeoutMs: 500 });
  const analysis = analyzeReviews(['a', '', ' ', 'b', 'c'], { agent, workers: 5, runtime });
  await runtime.advanceToEnd();
  const { results, summary } = await analysis;
  expect(results.map(({ status }) => status)).toEqual(['ok', 'skipped', 'skipped', 'ok', 'ok']);
  expect(sentAt).toHaveLength(3);
  expect(sentAt.at(-1)).toBeLessThanOrEqual(4_000);
  expect((sentAt[1] ?? 0) - (sentAt[0] ?? 0)).toBeGreaterThanOrEqual(1_000);
  expect(summary.latency_ms.max).toBe(0);
});
