// One grid of scripted variants, in a process of its own: `node bench/experiment-grid.ts` through bench/experiment.ts.
// Prints, as JSON, the time from the last answer to the last figure, and the most memory that the process ever had.

import { readFileSync } from 'node:fs';
import {
  createAgent,
  labelRows,
  type Model,
  type ModelAnswer,
  parsePrompt,
  planVariants,
  runExperiment,
} from '../dist/index.js';
import { reviewAt } from './experiment-rows.js';

const rows = Number(process.argv[2] ?? 100_000);
const variantCount = Number(process.argv[3] ?? 8);
const labels = ['positive', 'neutral', 'negative'] as const;

/** Says the truth, but for a share of the rows that depends on the variant; with a confidence. */
function scripted(variant: number): Model {
  return {
    provider: 'scripted',
    name: `m${variant}`,
    caveat: null,
    readsPrompt: false,
    prepare: async () => ({ serverVersion: null, loadMs: null }),
    async ask({ subject }): Promise<ModelAnswer> {
      const number = Number(subject.slice(subject.lastIndexOf(' ') + 1));
      const truth = labels.indexOf(reviewAt(number).label);
      const isWrong = (Math.imul(number + 1, 2_654_435_761) >>> 0) % 100 < 10 + variant;
      const text = labels[(truth + (isWrong ? 1 + (number % 2) : 0)) % labels.length] ?? 'neutral';
      return {
        text,
        finishReason: 'stop',
        usage: { promptTokens: 40, completionTokens: 1 },
        durations: { totalMs: 1, firstTokenMs: null, queueMs: null, loadMs: null },
        logprobs: null,
        confidence: 0.5 + (number % 50) / 100,
      };
    },
    close: async () => {},
  };
}

const prompt = parsePrompt('grid', `---\nlabels: [${labels.join(', ')}]\n---\n{{labelList}}? {{review}}`);
const models = Array.from({ length: variantCount }, (_, index) => `m${index}`);
const data = labelRows(
  (function* () {
    for (let index = 0; index < rows; index += 1) {
      const { text, label } = reviewAt(index);
      yield { index, id: String(index + 1), text, expected: label };
    }
  })(),
  [...labels],
);
let lastAnswer = 0;
const startedAt = performance.now();
const { result } = await runExperiment({
  variants: planVariants({ prompts: ['grid'], models }),
  data,
  agentFor: async ({ model }) => createAgent({ model: scripted(models.indexOf(model ?? '')), prompt }),
  onOutcome: async () => {
    lastAnswer = performance.now();
  },
});
const endedAt = performance.now();
const peak = /VmHWM:\s+(\d+) kB/.exec(readFileSync('/proc/self/status', 'utf8'))?.[1];
console.log(
  JSON.stringify({
    variants: result.variants.length,
    pairs: result.pairs.length,
    askedMs: lastAnswer - startedAt,
    statisticsMs: endedAt - lastAnswer,
    peakMb: Number(peak ?? Number.NaN) / 1_024,
  }),
);
