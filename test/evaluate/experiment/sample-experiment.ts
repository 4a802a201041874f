import { createAgent } from '../../../src/classify/agent.js';
import { parsePrompt } from '../../../src/classify/prompt/prompt-file.js';
import { type ExperimentPlan, planVariants, type Variant } from '../../../src/evaluate/experiment/experiment-plan.js';
import { type LabelledRows, labelRows } from '../../../src/evaluate/experiment/labelled-rows.js';
import { type ExperimentOptions, runExperiment } from '../../../src/evaluate/experiment/run-experiment.js';
import { createScriptedModel, type ScriptStep } from '../../../src/testing/index.js';

export const labels = ['good', 'bad'] as const;

/** Rows in turn good and bad, with texts `0 good`, `1 bad` and so on. */
export function sampleRows(count: number): LabelledRows {
  const reviews = Array.from({ length: count }, (_, index) => {
    const expected = labels[index % 2] ?? 'good';
    return { index, id: String(index + 1), text: `${index} ${expected}`, expected };
  });
  return labelRows(reviews, [...labels]);
}

/** What a variant says to a text, whose number is told too. */
export type Answerer = (text: string, index: number, variant: Variant, repeat: number) => ScriptStep;

export const right: Answerer = (text) => text.split(' ')[1] ?? '';
export const wrong: Answerer = (text) => (text.endsWith('good') ? 'bad' : 'good');
/** Wrong for every so many rows. */
export const wrongEvery =
  (nth: number): Answerer =>
  (text, index, ...rest) =>
    (index % nth === 0 ? wrong : right)(text, index, ...rest);

const prompt = (name: string) =>
  parsePrompt(name, '---\nlabels: [good, bad]\n---\nLabels: {{labelList}}\nReview: {{review}}\n', name);

/** Questions by variant and repeat, as in `a/1`. */
export type Questions = Map<string, string[]>;

/** Runs an experiment whose variants answer by the name of their prompt, or of their model. */
export function runSample(
  answerers: Readonly<Record<string, Answerer>>,
  data: LabelledRows,
  options: Partial<ExperimentOptions> & { readonly plan?: Partial<ExperimentPlan>; readonly asked?: Questions } = {},
) {
  const { plan, asked, ...others } = options;
  const variants = planVariants({ prompts: Object.keys(answerers), models: ['m'], ...plan });
  return runExperiment({
    variants,
    data,
    resamples: 200,
    repeatSample: false,
    agentFor: async (variant, repeat) => {
      const answer = answerers[variant.prompt] ?? answerers[variant.model ?? ''] ?? right;
      const model = createScriptedModel(
        ({ subject }) => {
          const key = `${variant.name}/${repeat}`;
          asked?.set(key, [...(asked.get(key) ?? []), subject]);
          return answer(subject, Number(subject.split(' ')[0]), variant, repeat);
        },
        { name: variant.model ?? 'm' },
      );
      return createAgent({ model, prompt: prompt(variant.prompt), retry: { maxRetries: 0 } });
    },
    ...others,
  });
}
