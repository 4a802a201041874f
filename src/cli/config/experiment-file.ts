import { parseDocument } from 'yaml';
import { z } from 'zod';
import type { optionNames } from '../../evaluate/experiment/experiment-plan.js';
import { splitNames } from '../../evaluate/experiment/labelled-rows.js';
import { ConfigError } from '../../foundation/errors/common-errors.js';
import { describeIssue } from '../../foundation/text/message-text.js';
import { type ProviderName, providerNames } from './provider-names.js';

const filled = z.string().min(1);
const count = z.int().min(1);
const numbers = z.union([z.number().transform((value) => [value]), z.array(z.number()).min(1)], {
  error: 'must be a number, or a list of numbers',
});
const texts = z.union([filled.transform((text) => [text]), z.array(filled).min(1)], {
  error: 'must be a text, or a list of texts',
});

const options = z.strictObject({
  temperature: numbers.optional(),
  seed: numbers.optional(),
  max_output_tokens: numbers.optional(),
  context_tokens: numbers.optional(),
} satisfies Record<keyof typeof optionNames, z.ZodType>);

const fileSchema = z.strictObject({
  description: z.string().optional(),
  data: filled.optional(),
  text: filled.optional(),
  id: filled.optional(),
  label: filled.optional(),
  map: z.record(z.string(), z.union([z.string(), z.null().transform(() => '')])).optional(),
  labels: z.array(filled).min(2).optional(),
  delimiter: filled.optional(),
  encoding: filled.optional(),
  blank: texts.optional(),
  limit: count.optional(),
  split: z.enum(splitNames).optional(),
  sample: count.optional(),
  seed: z.int().min(0).optional(),
  provider: z.enum(providerNames).optional(),
  hosts: texts.optional(),
  prompts: texts.optional(),
  models: texts.optional(),
  options: options.optional(),
  repeats: count.optional(),
  probabilities: z.boolean().optional(),
  assert: texts.optional(),
  out: texts.optional(),
  out_disagreements: filled.optional(),
});

/** The keys that are known at each place, for suggestions. */
const knownKeys: Readonly<Record<string, readonly string[]>> = {
  '': Object.keys(fileSchema.shape),
  options: Object.keys(options.shape),
};

/** What an experiment file says; what it leaves out is undefined. Paths are as they were written. */
export interface ExperimentFile extends Omit<z.infer<typeof fileSchema>, 'provider'> {
  readonly provider?: ProviderName | undefined;
}

/**
 * Parses the text of an experiment file (YAML).
 * @throws ConfigError that names the key, and the nearest known one where it is unknown
 */
export function parseExperimentFile(text: string, path: string): ExperimentFile {
  const document = parseDocument(text.replace(/^\uFEFF/, ''), { logLevel: 'error' });
  const [error] = document.errors;
  if (error) throw new ConfigError(path, `is no YAML: ${error.message.split('\n', 1)[0]?.replace(/:$/, '')}`);
  const checked = fileSchema.safeParse(document.toJS() ?? {});
  if (!checked.success)
    throw new ConfigError(
      path,
      checked.error.issues
        .map((issue) => describeIssue(issue, 'the file', (key) => knownKeys[key.join('.')] ?? []))
        .join('; '),
    );
  return checked.data;
}
