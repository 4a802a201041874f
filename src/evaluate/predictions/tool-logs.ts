import * as z from 'zod';
import { withoutFence } from '../../classify/parse-answer.js';
import { tryParseJson } from '../../foundation/lossless-json.js';
import { ComparisonError, type PredictionColumns, type PredictionFile, type PredictionSet } from './predictions.js';

const textOrOther = z.unknown();

/** The output of `promptfoo eval -o out.json`, of version 3 of its format. Further keys do not matter. */
const promptfooOutput = z.object({
  results: z.object({
    results: z.array(
      z.object({
        promptIdx: z.number(),
        testIdx: z.number(),
        provider: z.object({ id: z.string(), label: z.string().optional() }),
        prompt: z.object({ label: z.string().optional(), raw: z.string().optional() }),
        vars: z.record(z.string(), textOrOther),
        response: z.object({ output: textOrOther.optional(), error: textOrOther.optional() }).nullish(),
      }),
    ),
  }),
});

/** A log that `inspect eval --log-format json` writes, of version 2 of its format. */
const inspectLog = z.object({
  eval: z.object({ model: z.string(), task: z.string() }),
  samples: z.array(
    z.object({
      id: z.union([z.string(), z.number()]),
      epoch: z.number(),
      input: textOrOther,
      target: z.union([z.string(), z.array(z.string())]),
      output: z.object({ completion: z.string().optional() }).optional(),
      metadata: z.record(z.string(), textOrOther).nullish(),
      error: textOrOther.optional(),
    }),
  ),
});

/**
 * The predictions in what promptfoo or inspect_ai wrote; null if the JSON is neither.
 * @throws ComparisonError for an output of one of the two that cannot be read
 */
export function toolPredictions(path: string, json: unknown, wanted: PredictionColumns): PredictionFile | null {
  const has = (key: string) => typeof json === 'object' && json !== null && key in json;
  if (has('results') && has('evalId')) {
    const checked = promptfooOutput.safeParse(json);
    if (checked.success) return promptfooPredictions(path, checked.data, wanted);
    throw strangeForm(path, 'promptfoo', 'promptfoo eval -o out.json', checked.error);
  }
  if (has('eval') && has('status')) {
    if (!has('samples')) {
      const remedy = 'let inspect eval log the samples';
      throw new ComparisonError(`${path}: this log of inspect_ai has no samples`, remedy);
    }
    const checked = inspectLog.safeParse(json);
    if (checked.success) return inspectPredictions(path, checked.data, wanted);
    throw strangeForm(path, 'inspect_ai', 'inspect eval in the log format json', checked.error);
  }
  return null;
}

function strangeForm(path: string, tool: string, command: string, { issues: [issue] }: z.ZodError): ComparisonError {
  const place = issue?.path.join('.') || 'the file';
  return new ComparisonError(
    `${path}: not an output of ${tool} as it is documented (${place}: ${issue?.message ?? 'wrong'})`,
    `write it with ${command}, or give a table`,
  );
}

/** Every provider with every prompt is a classifier; the variables of a test are its columns. */
function promptfooPredictions(
  path: string,
  { results: { results } }: z.infer<typeof promptfooOutput>,
  wanted: PredictionColumns,
): PredictionFile {
  const columnOf = (vars: Readonly<Record<string, unknown>>, name: string | undefined) =>
    name === undefined || !Object.hasOwn(vars, name) ? null : textOf(vars[name]);
  const idOf = ({ vars, testIdx }: (typeof results)[number]) =>
    columnOf(vars, wanted.id ?? 'id') ?? String(testIdx + 1);
  const prompts = [...new Set(results.map(({ prompt }) => prompt.label ?? prompt.raw ?? ''))];
  const providers = new Set(results.map(({ provider }) => provider.label ?? provider.id));
  const sets = [...new Set(results.map(({ promptIdx }) => promptIdx))].flatMap((index): readonly PredictionSet[] => {
    const group = results.filter(({ promptIdx }) => promptIdx === index);
    const [first] = group;
    if (!first) return [];
    const prompt = first.prompt.label ?? first.prompt.raw ?? '';
    const number = `prompt ${prompts.indexOf(prompt) + 1}`;
    const ofPrompt = prompts.length === 1 ? [] : [prompt.length <= 30 && prompt !== '' ? prompt : number];
    const ofProvider = providers.size === 1 && prompts.length > 1 ? [] : [first.provider.label ?? first.provider.id];
    return [
      {
        name: [...ofProvider, ...ofPrompt].join(', '),
        source: `promptfoo, ${first.provider.label ?? first.provider.id}, ${number}`,
        isFreeText: true,
        predictions: group.map((result) => ({
          id: idOf(result),
          value: result.response?.error ? null : fieldOf(result.response?.output, wanted.field),
          confidence: null,
        })),
      },
    ];
  });
  const gold = results.map((result) => ({
    id: idOf(result),
    value: columnOf(result.vars, wanted.gold),
    text: columnOf(result.vars, wanted.text ?? 'text'),
  }));
  return { path, sets, gold, unreadable: 0 };
}

/** The model is the classifier. The gold label is the target, unless the metadata of the samples have it. */
function inspectPredictions(
  path: string,
  { eval: { model, task }, samples: all }: z.infer<typeof inspectLog>,
  wanted: PredictionColumns,
): PredictionFile {
  // A log of several epochs has each sample several times.
  const samples = all.filter(({ epoch }) => epoch === 1);
  const goldOf = ({ metadata, target }: (typeof samples)[number]) =>
    wanted.gold !== undefined && metadata && Object.hasOwn(metadata, wanted.gold)
      ? textOf(metadata[wanted.gold])
      : textOf(Array.isArray(target) ? target.join(', ') : target);
  const predictions = samples.map((sample) => ({
    id: String(sample.id),
    value: sample.error ? null : fieldOf(sample.output?.completion, wanted.field),
    confidence: null,
  }));
  const gold = samples.map((sample) => ({
    id: String(sample.id),
    value: goldOf(sample),
    text: typeof sample.input === 'string' ? sample.input : null,
  }));
  const epochs = all.length > samples.length ? ', epoch 1' : '';
  const source = `inspect_ai, task ${task}${epochs}`;
  return { path, sets: [{ name: model, source, isFreeText: true, predictions }], gold, unreadable: 0 };
}

/** The text of a field of an answer that is a JSON object, or of the whole answer. Null if there is none. */
function fieldOf(answer: unknown, field: string | undefined): string | null {
  if (field === undefined) return textOf(answer);
  const value = typeof answer === 'string' ? tryParseJson(withoutFence(answer)) : answer;
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, field)) return null;
  return textOf((value as Readonly<Record<string, unknown>>)[field]);
}

function textOf(value: unknown): string | null {
  if (value === undefined || value === null) return null;
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return text.trim() === '' ? null : text;
}
