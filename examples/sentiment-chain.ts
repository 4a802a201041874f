/**
 * The sentiment agent as steps of a chain over batches: the reviews of a batch are judged in parallel, and what they
 * come to is folded into the state. The lexicon answers; `--model NAME` (and `--host URL`) asks Ollama instead.
 *
 *   npx tsx examples/sentiment-chain.ts --model llama3.2:3b
 */
import { parseArgs } from 'node:util';
import { createAgent, lexicon, loadPrompt, ollama, processParallel } from 'chorale';
import { processChain } from 'chorale/orchestration';

const { values } = parseArgs({ options: { model: { type: 'string' }, host: { type: 'string' } } });

/** One batch a day. */
const days: readonly { readonly name: string; readonly reviews: readonly string[] }[] = [
  { name: 'Monday', reviews: ['I love it.', 'Wonderful sound.', 'It is a lamp.', 'I hate it.'] },
  { name: 'Tuesday', reviews: ['Terrible, it broke at once.', 'Awful smell.', 'A great gift.'] },
  { name: 'Wednesday', reviews: ['Excellent quality.', 'The best pair I have ever owned.', 'Happy with it.', ''] },
];

interface Mood {
  readonly judged: number;
  readonly failed: number;
  readonly byLabel: Readonly<Record<string, number>>;
  /** The share of negative reviews, day by day. */
  readonly negative: readonly number[];
}

const model = values.model === undefined ? lexicon() : ollama({ model: values.model, host: values.host });
const agent = await createAgent({ model, prompt: await loadPrompt('sentiment') });
await agent.prepare({ signal: AbortSignal.timeout(120_000) });

const nothing: Mood = { judged: 0, failed: 0, byLabel: {}, negative: [] };
const { final, steps, intermediate } = await processChain(
  days,
  nothing,
  async ({ name, reviews }, mood, { signal }) => {
    const classify = async (review: string, call: { readonly signal: AbortSignal }) => {
      if (review === '') throw new Error(`a review of ${name} is empty`);
      return (await agent.classify(review, call)).label;
    };
    const { results, errors } = await processParallel(reviews, classify, { failFast: false, maxWorkers: 4, signal });
    const byLabel: Record<string, number> = { ...mood.byLabel };
    for (const label of results) byLabel[label] = (byLabel[label] ?? 0) + 1;
    const negative = results.filter((label) => label === 'negative').length / results.length;
    return {
      judged: mood.judged + results.length,
      failed: mood.failed + errors.length,
      byLabel,
      negative: [...mood.negative, negative],
    };
  },
  {
    captureIntermediate: true,
    onProgress: (completed, total, { judged, failed }) =>
      console.log(`day ${completed} of ${total}: ${judged} reviews judged so far, ${failed} failed`),
  },
);
await model.close();

for (const [day, { name }] of days.entries()) {
  const [before = nothing, after = nothing] = intermediate?.slice(day) ?? [];
  const share = Math.round((final.negative[day] ?? 0) * 100);
  console.log(`${name}: ${share} % of ${after.judged - before.judged} reviews are negative`);
}
const shares = agent.labels.map((label) => `${final.byLabel[label] ?? 0} ${label}`).join(', ');
console.log(`${steps} batches: ${shares} (${model.provider} ${model.name})`);
