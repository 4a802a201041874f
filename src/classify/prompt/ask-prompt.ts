import { messageOf } from '../../foundation/errors/chorale-error.js';
import { neutralizeLine } from './neutralize.js';
import { type FrontMatter, type Prompt, PromptError } from './prompt.js';
import { formatPrompt, parsePrompt } from './prompt-file.js';

/** A prompt, and the text of its file. */
export interface WrittenPrompt {
  readonly prompt: Prompt;
  readonly source: string;
}

/** A label takes a token for two bytes at most, on average, and quotes around it. */
const budget = { least: 8, bytesPerToken: 2, spare: 4 };

/**
 * The prompt that asks one question about a text, and takes one of the labels for the answer. The question is neutralised:
 * nothing in it can become a role, a marker of a chat template, or a piece of template.
 * @throws PromptError if the question is blank, or the labels are none
 */
export function askPrompt(name: string, question: string, labels: readonly string[]): WrittenPrompt {
  const asked = neutralizeLine(question).replace(/\{(?=\{)/g, '{ ');
  if (asked === '') throw new PromptError(name, 'the question is blank');
  const longest = Math.max(...labels.map((label) => Buffer.byteLength(label)));
  const front: FrontMatter = {
    description: asked,
    labels: [...labels],
    mode: 'chat',
    output: { format: 'enum', rationale: false, probabilities: false },
    config: {
      maxOutputTokens: Math.max(budget.least, Math.ceil(longest / budget.bytesPerToken) + budget.spare),
      contextTokens: 4_096,
      temperature: 0,
      seed: 1,
      stopSequences: [],
    },
    examples: [],
  };
  const template = [
    '{{role "system"}}',
    'Answer a question about a text with {{labelList}}.',
    '{{role "user"}}',
    'Text: {{text}}',
    '',
    `Question: ${asked}`,
    'Answer:',
  ].join('\n');
  const source = formatPrompt(front, template);
  try {
    return { prompt: parsePrompt(name, source), source };
  } catch (cause) {
    throw new PromptError(name, `no prompt can be written: ${messageOf(cause)}`, { cause });
  }
}
