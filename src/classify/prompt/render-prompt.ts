import { Dotprompt } from 'dotprompt';
import { isCodedError, messageOf } from '../../foundation/errors/chorale-error.js';
import { listChoices } from '../../foundation/text/message-text.js';
import type { ChatMessage, ModelInput } from '../../model/model.js';
import { renderFieldList } from '../fields/field-list.js';
import { withLabels } from '../fields/field-spec.js';
import { cueBreaker, cuesOf, joinPieces, neutralize, neutralizeLine } from './neutralize.js';
import { type Prompt, PromptError, type PromptExample } from './prompt.js';
import type { Cells } from './prompt-input.js';
import { columnsShown, roles } from './template-variables.js';

/**
 * Renders a prompt for one review after another.
 * @param cells what stands in the columns that the template shows, in their order; a missing one is blank
 */
export type PromptRenderer = (review: string, cells?: Cells) => ModelInput;

/** A message whose reviews and cells are still places: of the template, the review, or the number of a column. */
interface FixedMessage {
  readonly role: ChatMessage['role'];
  readonly parts: readonly (string | Place)[];
}

type Place = { readonly column: number } | { readonly column: null };

const mark = '\uE000';
const reviewPlace = `${mark}r${mark}`;

/**
 * Prepares a prompt for a label set. The template is rendered once, with placeholders where texts go; a review and its cells
 * are put in afterwards, so that nothing inside them can become a message, a role or a piece of template.
 * @throws PromptError when the rendered prompt has no form that can be sent
 */
export async function createPromptRenderer(prompt: Prompt, labels: readonly string[]): Promise<PromptRenderer> {
  const columns = columnsIn(prompt);
  const cues = cuesOf(prompt.template, columns.length > 0);
  const withoutCues = cueBreaker(cues);
  // An example of several lines could bring further examples.
  const cleanLine = (text: string) => withoutCues(neutralizeLine(text));
  const clean = prompt.mode === 'completion' ? cleanLine : (text: string) => withoutCues(neutralize(text));
  const fixed = withInstructions(await renderFixed(prompt, columns, labels, cleanLine), prompt.instructions);
  const isReview = (part: string | Place) => typeof part !== 'string' && part.column === null;
  if (!fixed.some(({ parts }) => parts.some(isReview))) {
    throw new PromptError(prompt.name, 'the rendered template does not show the review');
  }
  const put = ({ parts }: FixedMessage, review: string, cells: readonly string[]) => {
    const filled = parts.map((part) => {
      if (typeof part === 'string') return { text: part, isData: false };
      return { text: part.column === null ? review : (cells[part.column] ?? ''), isData: true };
    });
    return columns.length === 0 ? filled.map(({ text }) => text).join('') : joinPieces(filled, cues);
  };
  const cleanCells = (cells: Cells) => cells.map((cell) => clean(cell ?? ''));
  if (prompt.mode === 'chat') {
    return (review, cells = []) => {
      const [text, others] = [clean(review), cleanCells(cells)];
      const messages = fixed.map((message) => ({ role: message.role, content: put(message, text, others) }));
      return { kind: 'chat', messages };
    };
  }
  const [only] = fixed;
  if (!only || fixed.length !== 1 || only.role !== 'user') {
    throw new PromptError(prompt.name, 'a completion has no roles');
  }
  return (review, cells = []) => ({ kind: 'completion', prompt: put(only, clean(review), cleanCells(cells)) });
}

/** @throws PromptError */
function columnsIn({ template, name }: Prompt): readonly string[] {
  try {
    return columnsShown(template);
  } catch (cause) {
    throw new PromptError(name, `the template cannot be parsed: ${messageOf(cause)}`, { cause });
  }
}

/** The messages with the labels and examples in them; the places of the review and its cells are still places. */
async function renderFixed(
  prompt: Prompt,
  columns: readonly string[],
  labels: readonly string[],
  clean: (text: string) => string,
): Promise<FixedMessage[]> {
  const texts: string[] = [];
  const placeOf = (text: string) => `${mark}${texts.push(clean(text)) - 1}${mark}`;
  const examples = prompt.examples.filter(({ label }) => label === '' || labels.includes(label));
  const input = Object.fromEntries([
    ...columns.map((name, index) => [name, `${mark}c${index}${mark}`]),
    ...['review', 'text'].map((name) => [name, reviewPlace]),
    ['labels', [...labels]],
    ['labelList', listChoices(labels)],
    ['fieldList', renderFieldList(withLabels(prompt.output.fields ?? [], labels))],
    ['examples', examples.map((example) => placesOf(example, placeOf))],
  ]);
  const messages = await renderTemplate(prompt, input);
  return messages.map(({ role, content }) => ({
    role: roleOf(role, prompt),
    parts: partsOf(content.map((part) => textOf(part, prompt)).join(''), texts),
  }));
}

function placesOf({ text, label, columns = {}, fields }: PromptExample, placeOf: (text: string) => string) {
  const cells = Object.entries(columns).map(([name, cell]) => [name, placeOf(cell)]);
  const answer = fields === undefined ? [] : [['answerJson', placeOf(JSON.stringify(fields))]];
  return Object.fromEntries([...cells, ...answer, ['text', placeOf(text)], ['label', label]]);
}

/** Splits a rendered message at its places, with the texts of the examples in it: a text is never taken for a place. */
function partsOf(content: string, texts: readonly string[]): FixedMessage['parts'] {
  const parts: (string | Place)[] = [''];
  const add = (text: string) => {
    const last = parts.at(-1);
    if (typeof last === 'string') parts[parts.length - 1] = last + text;
    else parts.push(text);
  };
  for (const [index, piece] of content.split(/\uE000(r|c?\d+)\uE000/).entries()) {
    if (index % 2 === 0) add(piece);
    else if (piece === 'r') parts.push({ column: null });
    else if (piece.startsWith('c')) parts.push({ column: Number(piece.slice(1)) });
    else add(texts[Number(piece)] ?? '');
  }
  return trimmed(parts);
}

function trimmed(parts: FixedMessage['parts']): FixedMessage['parts'] {
  const last = parts.length - 1;
  return parts
    .map((part, index) => {
      const begun = typeof part === 'string' && index === 0 ? part.trimStart() : part;
      return typeof begun === 'string' && index === last ? begun.trimEnd() : begun;
    })
    .filter((part) => part !== '');
}

async function renderTemplate(prompt: Prompt, input: Readonly<Record<string, unknown>>) {
  try {
    // Parsed already: given as a text, a template that begins with --- would be taken for front matter.
    const render = await new Dotprompt().compile({ template: prompt.template, ext: {}, metadata: {}, config: {} });
    return (await render({ input })).messages;
  } catch (cause) {
    if (isCodedError(cause)) throw cause;
    throw new PromptError(prompt.name, `the template cannot be rendered: ${messageOf(cause)}`, { cause });
  }
}

function withInstructions(messages: readonly FixedMessage[], instructions: string | undefined): FixedMessage[] {
  if (instructions === undefined) return [...messages];
  const literal = neutralize(instructions);
  const [first, ...rest] = messages;
  if (first?.role !== 'system') return [{ role: 'system', parts: [literal.trim()] }, ...messages];
  const [beginning = '', ...parts] = first.parts;
  const begun = typeof beginning === 'string' ? [`${literal}\n${beginning}`] : [`${literal}\n`, beginning];
  return [{ role: 'system', parts: trimmed([...begun, ...parts]) }, ...rest];
}

function roleOf(role: string, prompt: Prompt): ChatMessage['role'] {
  if (role === 'model') return 'assistant';
  if (role === 'user' || role === 'system') return role;
  throw new PromptError(prompt.name, `the role '${role}' is none of ${roles.join(', ')}`);
}

function textOf(part: { readonly text?: string | undefined }, prompt: Prompt): string {
  if (part.text === undefined) throw new PromptError(prompt.name, 'only text can be sent');
  return part.text;
}
