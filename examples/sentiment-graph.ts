/**
 * The sentiment agent as a node of a state graph: load the reviews, analyse them in parallel, and by the share of
 * negative ones draft a reply or close the case. The lexicon answers; `--model NAME` (and `--host URL`) asks Ollama.
 *
 *   npx tsx examples/sentiment-graph.ts --model llama3.2:3b
 */
import { parseArgs } from 'node:util';
import { createAgent, lexicon, loadPrompt, ollama } from 'chorale';
import { type NodeFunction, type Predicate, parallelNode, StateGraph } from 'chorale/orchestration';

const { values } = parseArgs({ options: { model: { type: 'string' }, host: { type: 'string' } } });

interface Case {
  readonly product: string;
  readonly reviews?: readonly string[];
  readonly labels?: readonly string[];
  /** Share of the judged reviews that are negative, 0 to 1. */
  readonly negative?: number;
  readonly outcome?: string;
}

const shelf: Readonly<Record<string, readonly string[]>> = {
  kettle: ['Terrible, it leaks.', 'I hate the noise.', 'Broken on arrival, very bad.', 'A kettle.'],
  lamp: ['I love the light.', 'Wonderful.', 'It broke, what a bad lamp.', 'A great gift.'],
};

/** From this share of negative reviews on somebody answers. */
const alarming = 0.5;

const model = values.model === undefined ? lexicon() : ollama({ model: values.model, host: values.host });
const agent = await createAgent({ model, prompt: await loadPrompt('sentiment') });
await agent.prepare({ signal: AbortSignal.timeout(120_000) });

const load: NodeFunction<Case> = (state) => state.set('reviews', shelf[state.get('product')] ?? []);

const analyse = parallelNode<Case, string, string>({
  items: (state) => state.get('reviews') ?? [],
  processor: async (review, { signal }) => (await agent.classify(review, { signal })).label,
  aggregate: ({ results }, state) => {
    const negative = results.filter((label) => label === 'negative').length / Math.max(1, results.length);
    return state.merge({ labels: results, negative });
  },
  failFast: false,
});

const draftReply: NodeFunction<Case> = (state) =>
  state.set('outcome', `reply drafted: "We are sorry about your ${state.get('product')}."`);

const close: NodeFunction<Case> = (state) => state.set('outcome', 'closed');

const isAlarming: Predicate<Case> = (state) => (state.get('negative') ?? 0) >= alarming;

const graph = new StateGraph<Case>({ name: 'reviews' })
  .addNode('load', load)
  .addNode('analyse', analyse)
  .addNode('draft reply', draftReply)
  .addNode('close', close)
  .addEdge('load', 'analyse')
  .addEdge('analyse', 'draft reply', isAlarming, 'at least half are negative')
  .addEdge('analyse', 'close')
  .setEntryPoint('load')
  .setExitPoint('draft reply')
  .setExitPoint('close')
  .compile();

for (const product of Object.keys(shelf)) {
  const { state, path } = await graph.run({ product });
  console.log(`${product}: ${state.get('labels')?.join(', ')}`);
  console.log(`  ${path.join(' → ')}: ${state.get('outcome')}`);
}
await model.close();
