import { type Prompt, PromptError } from './prompt.js';
import { columnsShown, namesInTemplate } from './template-variables.js';

/** A way in which a prompt shows its examples. */
export interface ExampleForm {
  /** `own`: the prompt has a place for them; `turns`: as turns of the chat; `block`: as one text. */
  readonly name: 'own' | 'turns' | 'block';
  readonly template: string;
}

/** The last message of a chat that asks about the review, and what stands before it. */
interface LastMessage {
  readonly before: string;
  readonly text: string;
}

/**
 * The ways in which a prompt can show examples: its own where it has one, and those that can be made from it.
 * @throws PromptError if the template has no place for examples and none can be made
 */
export function exampleForms(prompt: Prompt): readonly ExampleForm[] {
  const { template, mode } = prompt;
  if (prompt.output.fields) {
    throw new PromptError(
      prompt.name,
      'examples are searched for labels only, and the answers of this prompt have fields',
    );
  }
  if (!showsExamples(template)) return madeForms(prompt);
  const own: ExampleForm = { name: 'own', template };
  const without = template.replace(/\{\{#each examples\}\}(?:(?!\{\{[#/]each)[\s\S])*\{\{\/each\}\}\n?/, '');
  if (mode === 'completion' || showsExamples(without)) return [own];
  try {
    return [own, ...madeForms({ ...prompt, template: without })];
  } catch (error) {
    if (error instanceof PromptError) return [own];
    throw error;
  }
}

function showsExamples(template: string): boolean {
  return namesInTemplate(template).variables.has('examples');
}

function madeForms(given: Prompt): readonly ExampleForm[] {
  // Inside a list of examples {{text}} is the example's.
  const prompt = { ...given, template: given.template.replaceAll('{{text}}', '{{review}}') };
  const { template, mode, name } = prompt;
  if (mode === 'completion') return [{ name: 'block', template: completionWith(template, name) }];
  const message = lastMessage(template, name);
  const block: ExampleForm = { name: 'block', template: blockBefore(message, prompt) };
  const answer = answerOf(prompt);
  if (answer === null) return [block];
  return [{ name: 'turns', template: turnsBefore(message, answer) }, block];
}

/**
 * The same message with each example, each followed by the expected answer. A model that is too small to follow
 * instructions still continues a conversation.
 */
function turnsBefore({ before, text }: LastMessage, answer: string): string {
  const parts = [
    before,
    '{{#each examples}}',
    '{{role "user"}}',
    aboutExample(text),
    '{{role "model"}}',
    answer,
    '{{/each}}',
    '{{role "user"}}',
    text,
  ];
  return parts.filter((part) => part !== '').join('\n');
}

/** A list of examples that ends with the review: a pattern to continue, which small models recognise best. */
function blockBefore({ before, text }: LastMessage, { output, template }: Prompt): string {
  const isLabelAsked = output.format === 'label' || output.format === 'enum';
  const label = output.format === 'enum' ? '{{json label}}' : '{{label}}';
  const hasCue = text.endsWith(':') && !text.endsWith('{{review}}:');
  const columns = columnsShown(template);
  const example = columns.length === 0 ? 'Review: {{text}}' : aboutExample(text);
  const parts = [
    before,
    '{{role "user"}}',
    '{{#each examples}}',
    ...(columns.length > 0 && hasCue ? [`${example} ${label}`] : [example, `Sentiment: ${label}`]),
    '',
    '{{/each}}',
    text,
    ...(isLabelAsked && !hasCue ? ['Sentiment:'] : []),
  ];
  return parts.filter((part, index) => part !== '' || index > 0).join('\n');
}

/** As the model shall answer; null if an example has no such answer, since it would need a rationale too. */
function answerOf({ output }: Prompt): string | null {
  if (output.format === 'enum') return '{{json label}}';
  if (output.format !== 'json') return '{{label}}';
  // Three closing braces would be another thing.
  return output.rationale ? null : '{ "sentiment": {{json label}} }';
}

function completionWith(template: string, name: string): string {
  const first = Math.min(
    ...placesOf(template)
      .map((place) => template.indexOf(place))
      .filter((index) => index >= 0),
  );
  const start = template.lastIndexOf('\n', first) + 1;
  const [before, text] = [template.slice(0, start).trimEnd(), template.slice(start)];
  requirePlain(text, name);
  const head = before === '' ? '' : `${before}\n`;
  return `${head}{{#each examples}}\n\n${aboutExample(text).trimEnd()} {{label}}\n{{/each}}\n\n${text}`;
}

/** A template without roles is one message. */
function lastMessage(template: string, name: string): LastMessage {
  const roles = [...template.matchAll(/\{\{\s*role\s+["'](\w+)["']\s*\}\}[ \t]*\n?/g)];
  const last = roles.at(-1);
  if (last && last[1] !== 'user') throw noPlace(name);
  const start = last ? last.index + last[0].length : 0;
  const before = last ? template.slice(0, last.index).trimEnd() : '';
  const text = template.slice(start).trim();
  if (/\{\{[^}]*review/.test(before) || columnsShown(before).length > 0) throw noPlace(name);
  requirePlain(text, name);
  return { before, text };
}

/** What stands in a template for a review and its columns. */
function placesOf(template: string): readonly string[] {
  return ['review', ...columnsShown(template)].map((name) => `{{${name}}}`);
}

/** Only a review, its columns and the list of labels can be said of an example in the same words. */
function requirePlain(text: string, name: string): void {
  const places = [...placesOf(text), '{{labelList}}'];
  const rest = places.reduce((left, place) => left.replaceAll(place, ''), text);
  if (!text.includes('{{review}}') || rest.includes('{{')) throw noPlace(name);
}

function aboutExample(text: string): string {
  return text.replaceAll('{{review}}', '{{text}}').replaceAll('{{labelList}}', '{{../labelList}}');
}

function noPlace(name: string): PromptError {
  return new PromptError(
    name,
    'the template has no place for examples, and none can be made: write {{#each examples}} where they belong',
  );
}
