/**
 * What the layer between a review and the model costs: time limits, retries, pacing, validation, events, results, order,
 * summary. A server answers every question after 5 ms; the same questions are asked through the model alone and through
 * the whole pipeline, in one process, in turn:
 *
 *   npx tsx bench/policy.ts
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { createAgent, loadPrompt, ollama, processParallel, streamReviews } from 'chorale';
import { answerMs } from './answer-server.js';
import { measure } from './measure.js';
import { isMissed, type Ratio, renderMachine, renderRatios, writeSection } from './report.js';

const items = 400;
const target = 1.02;

const server = fork(fileURLToPath(new URL('answer-server.ts', import.meta.url)));
try {
  const [{ port }] = (await once(server, 'message')) as [{ readonly port: number }];
  const model = ollama({ model: 'small', host: `http://127.0.0.1:${port}` });
  const agent = await createAgent({ model, prompt: await loadPrompt('sentiment') });
  const texts = Array.from({ length: items }, (_, index) => `It does what it should, and lamp ${index} looks good.`);
  const reviews = texts.map((text, index) => ({ index, id: String(index), text }));
  const { signal } = new AbortController();

  const ratios: Ratio[] = [];
  for (const workers of [1, 8]) {
    const measured = await measure(
      {
        model: () =>
          processParallel(texts, (text) => model.ask(agent.requestFor(text), { signal }), { maxWorkers: workers }),
        pipeline: async () => {
          for await (const { result } of streamReviews(reviews, { agent, workers }).outcomes) {
            if (result.status !== 'ok') throw new Error(result.error ?? result.status);
          }
        },
      },
      { rounds: 9, warmUp: 3 },
    );
    const value = measured.pipeline.median / measured.model.median;
    // With several workers this process itself is busy, and the ratio is no longer one of the time of an item.
    const goal = workers === 1 ? { target } : {};
    ratios.push({ what: `whole pipeline ÷ model alone, ${workers} worker${workers > 1 ? 's' : ''}`, value, ...goal });
  }
  await model.close();
  const table = renderRatios(ratios);
  console.log(table);
  await writeSection(
    'policy',
    `## Cost of the policy layer\n\n\`npx tsx bench/policy.ts\`: ${items} requests to a server that answers each after ${answerMs} ms: through the model\nalone, and through time limits, retries, pacing, validation, ordered results and summary.\n\n${table}\n\n${renderMachine()}`,
  );
  if (ratios.some(isMissed)) process.exitCode = 1;
} finally {
  server.disconnect();
}
