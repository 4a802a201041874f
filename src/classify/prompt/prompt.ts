import { createHash } from 'node:crypto';
import * as z from 'zod';
import { ChoraleError, defineErrors } from '../../foundation/errors/chorale-error.js';
import type { JsonSchema } from '../../model/model.js';
import { tokensOfAnswer } from '../fields/answer-schema.js';
import { type FieldSpec, type FieldValues, labelField } from '../fields/field-spec.js';
import { fieldsSchema } from '../fields/fields-schema.js';
import { createFieldsValidator } from '../fields/validate-fields.js';
import { labelSchema, labelsSchema } from '../labels.js';

/** A text with its gold label, shown to the model before the review. */
export interface PromptExample {
  readonly text: string;
  /** Empty if the prompt has fields, and none of them is the label. */
  readonly label: string;
  /** The whole answer, if the prompt has fields. */
  readonly fields?: FieldValues | undefined;
  /** What it has in the columns that the template shows of examples. @default none */
  readonly columns?: Readonly<Record<string, string>> | undefined;
}

const mostOutputTokens = 100_000;
const outputTokens = z.int().min(1).max(mostOutputTokens);

/** A cell as YAML has it: as a table would show it. */
const cell = z.union([z.string(), z.number(), z.boolean(), z.null()]).transform((value) => String(value ?? ''));

const exampleColumns = z.record(z.string().min(1), cell);

/** Options of the generation. */
const configSchema = z.strictObject({
  maxOutputTokens: outputTokens.default(8),
  contextTokens: z.int().min(64).max(10_000_000).default(4_096),
  temperature: z.number().min(0).max(2).default(0),
  seed: z.int().default(1),
  stopSequences: z.array(z.string().min(1)).default([]),
});

/** The front matter of a prompt file. Unknown keys are errors. */
export const frontMatterSchema = z.strictObject({
  /** One sentence for people. */
  description: z.string().optional(),
  /** The labels among which the answer is, in the order in which they are shown. */
  labels: labelsSchema,
  /** `chat`: messages through the model's chat template; `completion`: the text as it stands, to be continued. */
  mode: z.enum(['chat', 'completion']).default('chat'),
  output: z
    .strictObject({
      /**
       * `label`: the answer is one label; `enum`: the same, held by a JSON schema; `json`: an object with `sentiment`;
       * `text`: free text that is searched for a label.
       */
      format: z.enum(['label', 'enum', 'json', 'text']).default('label'),
      /** `json` only: the object has a `rationale` of one sentence too. */
      rationale: z.boolean().default(false),
      /**
       * Whether token probabilities are requested unless the user says otherwise: false if they cost more than they
       * are worth. @default true, except for `text`, which has none
       */
      probabilities: z.boolean().optional(),
    })
    .default({ format: 'label', rationale: false }),
  config: configSchema.prefault({}),
  /** Shown to the model where the template says so; examples of other labels are excluded. */
  examples: z
    .array(z.strictObject({ text: z.string().min(1), label: labelSchema, columns: exampleColumns.optional() }))
    .default([]),
});

/** The front matter of a prompt whose answers have fields. The labels are the values of the field that is the label. */
export const fieldsFrontMatterSchema = frontMatterSchema
  .extend({
    labels: z.never('the labels are those of the field with label: true; remove them').optional(),
    output: z.strictObject({
      format: z.literal('json', 'answers with fields have the format json').default('json'),
      /** The fields of the answer, in their order: a JSON object. */
      fields: fieldsSchema,
      probabilities: z.boolean().optional(),
    }),
    config: configSchema.extend({ maxOutputTokens: outputTokens.optional() }).prefault({}),
    /** Each with its whole answer. */
    examples: z
      .array(
        z.strictObject({
          text: z.string().min(1),
          fields: z.record(z.string(), z.unknown()),
          columns: exampleColumns.optional(),
        }),
      )
      .default([]),
  })
  .transform(({ output, config, labels: _, examples: given, ...rest }, context): FrontMatter => {
    const label = labelField(output.fields)?.name;
    const check = createFieldsValidator(output.fields);
    const examples = given.map((example, index) => {
      const { fields = {}, violations = [] } = check(example.fields);
      for (const message of violations) {
        context.addIssue({ code: 'custom', message, path: ['examples', index, 'fields'], input: example });
      }
      return { ...example, fields, label: label === undefined ? '' : String(fields[label]) };
    });
    // The rest of the context window is for the prompt.
    const most = Math.min(mostOutputTokens, Math.floor(config.contextTokens / 2));
    const { maxOutputTokens = Math.min(most, tokensOfAnswer(output.fields)) } = config;
    const labels = [...(labelField(output.fields)?.values ?? [])];
    return {
      ...rest,
      labels,
      examples,
      output: { ...output, rationale: false },
      config: { ...config, maxOutputTokens },
    };
  });

/** An output budget for answers whose schema has no bounds, in tokens. */
const budgetOfOwnSchema = 1_000;

/** The front matter of a prompt whose answers have a JSON schema of the user's own. Its properties become the fields. */
export const ownSchemaFrontMatterSchema = frontMatterSchema.extend({
  labels: z.never('the labels are those of the property that output.label names; remove them').optional(),
  output: z.strictObject({
    format: z.literal('json', 'answers with a schema have the format json').default('json'),
    /** Path of the schema, from the folder of the prompt file. */
    schema: z.string().min(1),
    /** The property that is the label. @default none */
    label: z.string().min(1).optional(),
    probabilities: z.boolean().optional(),
  }),
  config: configSchema.extend({ maxOutputTokens: outputTokens.default(budgetOfOwnSchema) }).prefault({}),
  examples: z.never('examples of a prompt with output.schema belong into its template').optional(),
});

type LabelFrontMatter = z.infer<typeof frontMatterSchema>;

/** The front matter of a prompt file, with its defaults filled in. */
export interface FrontMatter extends Omit<LabelFrontMatter, 'output' | 'examples'> {
  readonly examples: readonly PromptExample[];
  readonly output: LabelFrontMatter['output'] & {
    /** The fields of the answer, in their order; undefined if the answer is a label. */
    readonly fields?: readonly FieldSpec[] | undefined;
    /** The JSON schema of the user's own that the fields are from. @default none */
    readonly schema?: JsonSchema | undefined;
  };
}

/** A prompt as versioned data. */
export interface Prompt extends FrontMatter {
  /** Name of the file without its ending. */
  readonly name: string;
  /** First 12 hex digits of the SHA-256 of the file's text (line ends as LF). */
  readonly hash: string;
  /** Handlebars template (Dotprompt's dialect): `review`, `labels`, `labelList`, `examples`, and the names of columns. */
  readonly template: string;
  /** Further instructions, put before those of the template; no template themselves. @default none */
  readonly instructions?: string | undefined;
}

export const promptErrors = defineErrors({
  CHORALE_PROMPT: { exitCode: 2, retryable: false, summary: 'A prompt file is missing or wrong.' },
});

declare module '../../foundation/errors/chorale-error.js' {
  interface ErrorCatalogue extends Readonly<typeof promptErrors> {}
}

/** A prompt file is missing or wrong. */
export class PromptError extends ChoraleError {
  readonly code = 'CHORALE_PROMPT';
  constructor(
    readonly prompt: string,
    readonly problem: string,
    options?: { readonly cause?: unknown },
  ) {
    super(`prompt ${prompt}: ${problem}`, options);
  }
}

/**
 * The prompt with further instructions before its own, and a hash of its own.
 * @throws PromptError for a completion, which has no place for instructions
 */
export function withSystemPrompt(prompt: Prompt, instructions: string): Prompt {
  if (prompt.mode === 'completion') {
    throw new PromptError(
      prompt.name,
      'a completion has no place for the system_prompt of the configuration; remove it',
    );
  }
  const hash = createHash('sha256').update(`${prompt.hash}\n${instructions}`).digest('hex').slice(0, 12);
  return { ...prompt, instructions, hash };
}

/** The prompt with an upper bound on its answers, in tokens; a smaller limit of its own stays. */
export function withMaxTokens(prompt: Prompt, maxTokens: number): Prompt {
  const maxOutputTokens = Math.min(prompt.config.maxOutputTokens, maxTokens);
  return { ...prompt, config: { ...prompt.config, maxOutputTokens } };
}

/** Generation options that replace those of the prompt; an option that is not set stays. */
export type PromptOptions = { readonly [Name in keyof Omit<Prompt['config'], 'stopSequences'>]?: number | undefined };

/**
 * The prompt with other options of the generation.
 * @throws PromptError if one is outside its range
 */
export function withOptions(prompt: Prompt, options: PromptOptions): Prompt {
  const given = Object.entries(options).filter(([, value]) => value !== undefined);
  const checked = configSchema.safeParse({ ...prompt.config, ...Object.fromEntries(given) });
  if (checked.success) return { ...prompt, config: checked.data };
  const [issue] = checked.error.issues;
  throw new PromptError(prompt.name, `option ${issue?.path.join('.')}: ${issue?.message}`);
}
