import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { basename, dirname, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isNode, LineCounter, parseDocument, parse as parseYaml } from 'yaml';
import type { ZodType } from 'zod';
import { messageOf, systemCodeOf } from '../../foundation/errors/chorale-error.js';
import { packageRoot } from '../../foundation/package-root.js';
import { describeIssue, didYouMean, nearestName } from '../../foundation/text/message-text.js';
import { type FieldSpec, labelField } from '../fields/field-spec.js';
import { readOwnSchema } from '../fields/own-schema.js';
import {
  type FrontMatter,
  fieldsFrontMatterSchema,
  frontMatterSchema,
  ownSchemaFrontMatterSchema,
  type Prompt,
  PromptError,
} from './prompt.js';
import { namesInTemplate, type TemplateNames } from './template-variables.js';

/**
 * Parses the text of a `.prompt` file: YAML front matter between `---` lines, then the template.
 * @param where names the prompt in errors: its name or path
 * @throws PromptError
 */
export function parsePrompt(name: string, source: string, where: string = name): Prompt {
  return parseWith(name, source, where, () => {
    throw new PromptError(where, 'output.schema names a file: load the prompt with loadPrompt, which reads it');
  });
}

/** @param readSchema reads the file of `output.schema` */
function parseWith(name: string, source: string, where: string, readSchema: (file: string) => string): Prompt {
  const text = source.replace(/^\uFEFF/, '').replace(/\r\n?/g, '\n');
  const parts = /^---[ \t]*\n([\s\S]*?)(?<=\n)---[ \t]*(?:\n([\s\S]*))?$/.exec(text);
  if (!parts) throw new PromptError(where, 'must begin with front matter between two lines of ---');
  const [, yaml = '', body = ''] = parts;
  let schemaText = '';
  const frontMatter = parseFrontMatter(yaml, where, (file) => {
    schemaText = readSchema(file);
    return schemaText;
  });
  const template = body.trim();
  const linesBefore = text.slice(0, text.length - body.trimStart().length).split('\n').length - 1;
  const names = checkTemplate(template, linesBefore, where);
  const problem =
    contradiction(frontMatter) ?? fieldNameProblem(frontMatter, names) ?? exampleProblem(frontMatter, names, yaml);
  if (problem !== undefined) throw new PromptError(where, problem);
  const hash = createHash('sha256').update(text).update(schemaText).digest('hex').slice(0, 12);
  return { ...frontMatter, name, hash, template };
}

function parseFrontMatter(yaml: string, where: string, readSchema: (file: string) => string): FrontMatter {
  let raw: unknown;
  try {
    // 'silent' would let errors pass too; 'error' keeps the parser from printing warnings.
    raw = parseYaml(yaml, { logLevel: 'error' });
  } catch (cause) {
    // The front matter begins in the second line of the file.
    const problem = firstLine(messageOf(cause)).replace(/ at line (\d+)/, (_, line) => ` at line ${Number(line) + 1}`);
    throw new PromptError(where, `the front matter is not YAML: ${problem}`, { cause });
  }
  const output = isRecord(raw) && isRecord(raw.output) ? raw.output : {};
  if (output.fields !== undefined && output.schema !== undefined) {
    throw new PromptError(where, 'output.fields and output.schema both say what the answer is: keep one of them');
  }
  if (output.schema === undefined) {
    return output.fields === undefined
      ? checkedBy(frontMatterSchema, raw, where)
      : checkedBy(fieldsFrontMatterSchema, raw, where);
  }
  const { examples: _, labels: __, ...rest } = checkedBy(ownSchemaFrontMatterSchema, raw, where);
  const { schema: file, label, ...others } = rest.output;
  const own = readOwnSchema(readSchema(file), label);
  if (typeof own === 'string') throw new PromptError(where, `output.schema: ${file} ${own}`);
  const labels = [...(labelField(own.fields)?.values ?? [])];
  return { ...rest, labels, examples: [], output: { ...others, ...own, rationale: false } };
}

function checkedBy<T>(schema: ZodType<T>, raw: unknown, where: string): T {
  const checked = schema.safeParse(raw ?? {});
  if (checked.success) return checked.data;
  throw new PromptError(where, checked.error.issues.map((issue) => describeIssue(issue, 'front matter')).join('; '));
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

function checkTemplate(template: string, linesBefore: number, where: string): TemplateNames {
  let names: TemplateNames;
  try {
    names = namesInTemplate(template);
  } catch (cause) {
    const problem = parserProblem(messageOf(cause), linesBefore);
    throw new PromptError(where, `the template cannot be parsed: ${problem}`, { cause });
  }
  if (names.problem !== undefined) throw new PromptError(where, names.problem);
  if (names.variables.has('review')) return names;
  const near = nearestName('review', [...names.columns]) ?? nearestName('text', [...names.columns]);
  const reason = near === null ? 'it would ask the same for every review' : `did you mean it by {{${near}}}?`;
  throw new PromptError(where, `the template lacks the variable {{review}}: ${reason}`);
}

/** What is wrong with the columns of the examples: each has those that the template shows of examples, and no other. */
function exampleProblem(
  { examples }: FrontMatter,
  { exampleColumns }: TemplateNames,
  yaml: string,
): string | undefined {
  const shown = [...exampleColumns];
  for (const [index, { columns = {} }] of examples.entries()) {
    const given = Object.keys(columns);
    const missing = shown.filter((name) => !given.includes(name));
    const unknown = given.find((name) => !exampleColumns.has(name));
    const place = () => `example ${index + 1} (line ${lineOfExample(yaml, index)})`;
    if (missing.length > 0) {
      return `${place()} lacks columns.${missing.join(', columns.')}, which the template shows of every example`;
    }
    if (unknown !== undefined) {
      return `${place()} has columns.${unknown}, which the template does not show of examples${didYouMean(unknown, shown)}`;
    }
  }
  return undefined;
}

/** The line of the file. */
function lineOfExample(yaml: string, index: number): number {
  const lineCounter = new LineCounter();
  const node: unknown = parseDocument(yaml, { lineCounter, logLevel: 'error' }).getIn(['examples', index], true);
  const [offset] = (isNode(node) && node.range) || [0];
  // The front matter begins in the second line of the file.
  return lineCounter.linePos(offset).line + 1;
}

/** Which name of the template needs fields that the prompt does not have. */
function fieldNameProblem({ output }: FrontMatter, { variables }: TemplateNames): string | undefined {
  const name = output.fields ? undefined : ['fieldList', 'answerJson'].find((one) => variables.has(one));
  return name && `the template uses {{${name}}}, which needs output.fields in the front matter`;
}

/** What in the front matter does not go together. */
function contradiction({ examples, labels, output }: FrontMatter): string | undefined {
  const { format, rationale, probabilities } = output;
  const stray = output.fields ? undefined : examples.find(({ label }) => !labels.includes(label));
  if (stray) return `an example has the label '${stray.label}', which is none of ${labels.join(', ')}`;
  if (rationale && format !== 'json') return `output.rationale needs output.format json, not ${format}`;
  if (probabilities && output.fields && labels.length === 0)
    return 'output.probabilities needs a field with label: true';
  if (probabilities && format === 'text')
    return 'output.probabilities needs output.format label, enum or json, not text';
  return undefined;
}

/** Handlebars says the line, then shows its text with a pointer below, then what it expected. */
function parserProblem(message: string, linesBefore: number): string {
  const found = /^Parse error on line (\d+):\n(.*)\n/.exec(message);
  return found ? `line ${Number(found[1]) + linesBefore}, near '${found[2]}'` : firstLine(message);
}

function firstLine(text: string): string {
  return (text.split('\n', 1)[0] ?? text).replace(/:$/, '');
}

/**
 * The text of a `.prompt` file, which `parsePrompt` reads back to the same. Every text is written as a quoted string on
 * one line, so that none can end the front matter, or be taken for anything but a text.
 */
export function formatPrompt(front: FrontMatter, template: string): string {
  const { description, labels, mode, output, config, examples } = front;
  const { maxOutputTokens, contextTokens, temperature, seed, stopSequences } = config;
  return [
    '---',
    ...(description === undefined ? [] : [`description: ${quote(description)}`]),
    ...(output.fields ? [] : [`labels: [${labels.map(quote).join(', ')}]`]),
    `mode: ${mode}`,
    'output:',
    `  format: ${output.format}`,
    ...(output.rationale ? ['  rationale: true'] : []),
    ...(output.fields === undefined ? [] : [`  fields: ${quoteAll(fieldsMap(output.fields))}`]),
    ...(output.probabilities === undefined ? [] : [`  probabilities: ${output.probabilities}`]),
    'config:',
    `  maxOutputTokens: ${maxOutputTokens}`,
    `  contextTokens: ${contextTokens}`,
    `  temperature: ${temperature}`,
    `  seed: ${seed}`,
    ...(stopSequences.length === 0 ? [] : [`  stopSequences: [${stopSequences.map(quote).join(', ')}]`]),
    ...(examples.length === 0 ? [] : ['examples:']),
    ...examples.flatMap(({ text, label, fields, columns = {} }) => [
      `  - text: ${quote(text)}`,
      fields === undefined ? `    label: ${quote(label)}` : `    fields: ${quoteAll(fields)}`,
      ...(Object.keys(columns).length === 0 ? [] : ['    columns:']),
      ...Object.entries(columns).map(([name, value]) => `      ${quote(name)}: ${quote(value)}`),
    ]),
    '---',
    template,
    '',
  ].join('\n');
}

/** As the front matter has them. */
function fieldsMap(fields: readonly FieldSpec[]): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    fields.map(({ name, ...field }) => [
      name,
      field.type === 'list' ? { ...field, fields: fieldsMap(field.fields) } : field,
    ]),
  );
}

function quote(text: string): string {
  return quoteAll(text);
}

/** JSON is YAML, except for a few characters that YAML requires to be escaped. */
function quoteAll(value: unknown): string {
  return JSON.stringify(value).replace(
    /[\u007F-\u009F\u2028\u2029\uFEFF\uFFFE\uFFFF]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

const folder = fileURLToPath(new URL('prompts/', packageRoot));
const ending = '.prompt';

/**
 * Loads a prompt: one that comes with chorale by its name (`sentiment`), or a file by its path.
 * @throws PromptError
 */
export async function loadPrompt(nameOrFile: string): Promise<Prompt> {
  const isFile = isPath(nameOrFile);
  const path = promptPath(nameOrFile);
  let source: string;
  try {
    source = await readFile(path, 'utf8');
  } catch (cause) {
    const problem = isFile
      ? `cannot be read (${reasonOf(cause)})`
      : `there is none of this name; known: ${(await promptNames()).join(', ')}; a file needs its path`;
    throw new PromptError(nameOrFile, problem, { cause });
  }
  return parseWith(basename(path, ending), source, nameOrFile, (file) => {
    try {
      return readFileSync(resolve(dirname(path), file), 'utf8');
    } catch (cause) {
      throw new PromptError(nameOrFile, `output.schema: ${file} cannot be read (${reasonOf(cause)})`, { cause });
    }
  });
}

/** The file of a prompt: one that comes with chorale by its name, or a file by its path. */
export function promptPath(nameOrFile: string): string {
  return isPath(nameOrFile) ? nameOrFile : `${folder}${nameOrFile}${ending}`;
}

function isPath(nameOrFile: string): boolean {
  return nameOrFile.endsWith(ending) || nameOrFile.includes('/') || nameOrFile.includes(sep);
}

/** Names of the prompts that come with chorale. */
export async function promptNames(): Promise<string[]> {
  const files = await readdir(folder);
  return files
    .filter((file) => file.endsWith(ending))
    .map((file) => basename(file, ending))
    .sort();
}

function reasonOf(cause: unknown): string {
  const code = systemCodeOf(cause);
  if (code === 'ENOENT') return 'no such file';
  if (code === 'EISDIR') return 'it is a directory';
  return code ?? String(cause);
}
