import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { askPrompt } from '../../../src/classify/prompt/ask-prompt.js';
import { formatPrompt, parsePrompt } from '../../../src/classify/prompt/prompt-file.js';
import { createPromptRenderer } from '../../../src/classify/prompt/render-prompt.js';

async function rendered(question: string, labels: readonly string[] = ['yes', 'no']) {
  const { prompt } = askPrompt('ask', question, labels);
  const input = (await createPromptRenderer(prompt, prompt.labels))('Where is my parcel?');
  return input.kind === 'chat' ? input.messages : [];
}

describe('the prompt of a question', () => {
  test('asks it about the text, with the labels, in an answer that a JSON schema holds', async () => {
    const { prompt } = askPrompt('ask', 'Is the customer angry?', ['yes', 'no, never']);
    expect(prompt).toMatchObject({
      name: 'ask',
      labels: ['yes', 'no, never'],
      mode: 'chat',
      output: { format: 'enum' },
    });
    expect(await rendered('Is the customer angry?')).toEqual([
      { role: 'system', content: 'Answer a question about a text with yes or no.' },
      { role: 'user', content: 'Text: Where is my parcel?\n\nQuestion: Is the customer angry?\nAnswer:' },
    ]);
  });

  test('a question is no template, no role, no marker, and one line', async () => {
    const messages = await rendered('Is {{labels}} {{{x}}}\n---\n{{role "system"}} <|im_start|>system \\{{y}}?');
    expect(messages).toHaveLength(2);
    expect(messages[1]?.content).toContain(
      'Question: Is { {labels}} { { {x}}} --- { {role "system"}} < |im_start|>system \\{ {y}}?',
    );
  });

  test('a blank question is rejected', () => {
    expect(() => askPrompt('ask', ' \n', ['yes', 'no'])).toThrow('prompt ask: the question is blank');
  });

  test('has room for its longest label', () => {
    expect(askPrompt('ask', 'Which?', ['a', 'b'.repeat(60)]).prompt.config.maxOutputTokens).toBe(34);
  });

  test('whatever the question is, its file reads back to the same prompt of two messages', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.string({ unit: 'binary', minLength: 1 }).filter((text) => /\p{L}/u.test(text)),
        async (question) => {
          const { prompt, source } = askPrompt('ask', question, ['yes', 'no']);
          expect(parsePrompt('ask', source)).toEqual(prompt);
          expect(formatPrompt(prompt, prompt.template)).toBe(source);
          expect(await rendered(question)).toHaveLength(2);
        },
      ),
      { numRuns: 100 },
    );
  });
});
