import { describe, type ExpectStatic } from 'vitest';
import { ensureModel, type RunningOllama, startOllama } from '../../scripts/ollama-server.js';
import type { ReviewResult } from '../../src/analysis/review-result.js';
import { streamReviews } from '../../src/analysis/stream-reviews.js';
import { createAgent } from '../../src/classify/agent.js';
import { loadPrompt } from '../../src/classify/prompt/prompt-file.js';
import { ollama } from '../../src/model/ollama/ollama-model.js';
import { liveTest } from './live-test.js';

const items = 40;

/** Reviews of which no two are alike. */
const reviews = Array.from({ length: items }, (_, index) => ({
  index,
  id: String(index),
  text: `${index % 2 ? 'I like the' : 'I do not like the'} lamp number ${index}.`,
}));

/** Analyses them, and tells after how many are done. */
async function run(
  host: string,
  model: string,
  onDone: (done: number) => void,
  firstTokenTimeoutMs?: number,
): Promise<ReviewResult[]> {
  const client = ollama({ model, host, firstTokenTimeoutMs });
  const agent = await createAgent({
    model: client,
    prompt: await loadPrompt('sentiment-completion'),
    labels: ['positive', 'negative'],
    retry: { maxRetries: 20, initialBackoffMs: 250, maxBackoffMs: 2_000 },
  });
  try {
    const results: ReviewResult[] = [];
    const stream = streamReviews(reviews, { agent, workers: 4, onProgress: onDone });
    for await (const { result } of stream.outcomes) results.push(result);
    return results;
  } finally {
    await client.close();
  }
}

function expectAllAnswered(expect: ExpectStatic, results: readonly ReviewResult[]): void {
  expect(results.map(({ index, status }) => [index, status])).toEqual(reviews.map((_, index) => [index, 'ok']));
}

describe('a real server that goes wrong in the middle of a run', () => {
  liveTest('killed and started again: every review is answered', async ({ expect }) => {
    let server: RunningOllama = await startOllama({ numParallel: 4 });
    const port = Number(new URL(server.host).port);
    let restarted: Promise<void> | undefined;
    const restart = async () => {
      process.kill(-server.pid, 'SIGKILL');
      await server.stop();
      server = await startOllama({ numParallel: 4, port });
    };
    try {
      const model = await ensureModel(server);
      const results = await run(server.host, model, (done) => {
        if (done >= 8) restarted ??= restart();
      });
      await restarted;
      expectAllAnswered(expect, results);
      expect(results.some(({ attempts }) => attempts > 1)).toBe(true);
    } finally {
      await restarted;
      await server.stop();
    }
  });

  liveTest('stopped (SIGSTOP) until somebody notices the silence: every review is answered', async ({ expect }) => {
    const server = await startOllama({ numParallel: 4 });
    let stopped = false;
    const wake = () => process.kill(-server.pid, 'SIGCONT');
    let timer: NodeJS.Timeout | undefined;
    try {
      const model = await ensureModel(server);
      const results = await run(
        server.host,
        model,
        (done) => {
          if (done < 8 || stopped) return;
          stopped = true;
          process.kill(-server.pid, 'SIGSTOP');
          timer = setTimeout(wake, 9_000);
        },
        6_000,
      );
      expectAllAnswered(expect, results);
      expect(results.some(({ attempts }) => attempts > 1)).toBe(true);
    } finally {
      clearTimeout(timer);
      wake();
      await server.stop();
    }
  });

  liveTest('unloaded: the model is loaded again, and every review is answered', async ({ expect }) => {
    const server = await startOllama({ numParallel: 4 });
    try {
      const model = await ensureModel(server);
      let unloaded: Promise<unknown> | undefined;
      const results = await run(server.host, model, (done) => {
        if (done < 8) return;
        unloaded ??= fetch(`${server.host}/api/generate`, {
          method: 'POST',
          body: JSON.stringify({ model, keep_alive: 0 }),
        }).then((response) => response.text());
      });
      expect(await unloaded).toContain('unload');
      expectAllAnswered(expect, results);
    } finally {
      await server.stop();
    }
  });
});
