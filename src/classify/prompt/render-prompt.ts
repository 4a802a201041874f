import { Dotprompt } from 'dotprompt';
import { isCodedError, messageOf } from '../../foundation/errors/chorale-error.js';
import { listChoices } from '../../foundation/text/message-text.js';
import type { ChatMessage, ModelInput } from '../../model/model.js';
import { cueBreaker, neutralize, neutralizeLine } from './neutralize.js';
import { type Prompt, PromptError } from './prompt.js';
import { roles } from './template-variables.js';

/** Renders a prompt for one review after another. */
export type PromptRenderer = (review: string) => ModelInput;

const mark = '\uE000';
const reviewPlace = `${mark}review${mark}`;

/**
 * Prepares a prompt for a label set. The template is rendered once, with placeholders where texts go; a review is put
 * in afterwards, so that nothing inside it can become a message, a role or a piece of template.
 * @throws PromptError when the rendered prompt has no form that can be sent
 */
export async function createPromptRenderer(prompt: Prompt, labels: readonly string[]): Promise<PromptRenderer> {
  const withoutCues = cueBreaker(prompt.template);
  // An example of several lines could bring further examples.
  const cleanLine = (text: string) => withoutCues(neutralizeLine(text));
  const clean = prompt.mode === 'completion' ? cleanLine : (text: string) => withoutCues(neutralize(text));
  const fixed = withInstructions(await renderFixed(prompt, labels, cleanLine), prompt.instructions);
  if (!fixed.some(({ content }) => content.includes(reviewPlace))) {
    throw new PromptError(prompt.name, 'the rendered template does not show the review');
  }
  if (prompt.mode === 'chat') {
    return (review) => {
      const text = clean(review);
      return { kind: 'chat', messages: fixed.map(({ role, content }) => ({ role, content: putIn(content, text) })) };
    };
  }
  const [only] = fixed;
  if (!only || fixed.length !== 1 || only.role !== 'user') {
    throw new PromptError(prompt.name, 'a completion has no roles');
  }
  return (review) => ({ kind: 'completion', prompt: putIn(only.content, clean(review)) });
}

/** The messages with the labels and examples in them; the review's place is still a place. */
async function renderFixed(
  prompt: Prompt,
  labels: readonly string[],
  clean: (text: string) => string,
): Promise<ChatMessage[]> {
  const examples = prompt.examples.filter((example) => labels.includes(example.label));
  const input = {
    review: reviewPlace,
    labels: [...labels],
    labelList: listChoices(labels),
    examples: examples.map(({ label }, index) => ({ text: `${mark}${index}${mark}`, label })),
  };
  const texts = examples.map(({ text }) => clean(text));
  const messages = await renderTemplate(prompt, input);
  return messages.map(({ role, content }) => ({
    role: roleOf(role, prompt),
    content: content
      .map((part) => textOf(part, prompt))
      .join('')
      .replace(/\uE000(\d+)\uE000/g, (_, index) => texts[Number(index)] ?? '')
      .trim(),
  }));
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

function withInstructions(messages: readonly ChatMessage[], instructions: string | undefined): ChatMessage[] {
  if (instructions === undefined) return [...messages];
  const literal = neutralize(instructions);
  const [first, ...rest] = messages;
  if (first?.role !== 'system') return [{ role: 'system', content: literal.trim() }, ...messages];
  return [{ role: 'system', content: `${literal}\n${first.content}`.trim() }, ...rest];
}

function putIn(content: string, review: string): string {
  return content.replaceAll(reviewPlace, () => review);
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
