import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { exampleForms } from '../../../src/classify/prompt/example-forms.js';
import { formatPrompt } from '../../../src/classify/prompt/format-prompt.js';
import { loadPrompt } from '../../../src/classify/prompt/load-prompt.js';
import { parsePrompt } from '../../../src/classify/prompt/parse-prompt.js';
import { createPromptRenderer } from '../../../src/classify/prompt/render-prompt.js';

const front = (yaml: string, template: string) => parsePrompt('p', `---\nlabels: [good, bad]\n${yaml}---\n${template}`);
const examples = [
  { text: 'fine', label: 'good' },
  { text: 'awful', label: 'bad' },
];

/** The prompt with two examples in each of its forms, as it is sent. */
async function rendered(source: ReturnType<typeof front>) {
  const sent = exampleForms(source).map(async ({ name, template }) => {
    const prompt = parsePrompt('p', formatPrompt({ ...source, examples }, template));
    return [name, (await createPromptRenderer(prompt, ['good', 'bad']))('so so')] as const;
  });
  return new Map(await Promise.all(sent));
}

describe('writing a prompt file', () => {
  it('gives the same prompt back, whatever its examples and description say', () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary', minLength: 1 }),
      fc.constantFrom(
        '---',
        'a\n---\nb',
        '{{review}}',
        "yes: 'no' # x",
        '\u2028\u0085\uFEFF',
        '\uD800',
        ' - [',
        '\r\n',
      ),
    );
    fc.assert(
      fc.property(text, fc.array(text), fc.option(text, { nil: undefined }), (first, others, description) => {
        const prompt = front('', 'Review: {{review}}');
        const all = [first, ...others].map((one) => ({ text: one, label: 'good' }));
        const { name, hash, template, ...matter } = prompt;
        const back = parsePrompt('p', formatPrompt({ ...matter, examples: all, description }, template));
        expect(back).toEqual({ ...prompt, examples: all, hash: back.hash, ...(description && { description }) });
      }),
    );
  });

  it('gives the prompts that come with chorale back', async () => {
    for (const name of ['sentiment', 'sentiment-completion', 'sentiment-free', 'sentiment-json']) {
      const prompt = await loadPrompt(name);
      const back = parsePrompt(name, formatPrompt(prompt, prompt.template));
      expect({ ...back, hash: '' }).toEqual({ ...prompt, hash: '' });
    }
  });
});

describe('places for examples', () => {
  it('are those of a prompt that has one, and in a chat the others too, with the examples there only', async () => {
    const completion = await loadPrompt('sentiment-completion');
    expect(exampleForms(completion)).toEqual([{ name: 'own', template: completion.template }]);
    const prompt = await loadPrompt('sentiment');
    const [own, ...others] = exampleForms(prompt);
    expect(own).toEqual({ name: 'own', template: prompt.template });
    expect(others.map(({ name }) => name)).toEqual(['turns', 'block']);
    for (const { template } of others) {
      const render = await createPromptRenderer({ ...prompt, template }, ['positive', 'negative']);
      expect(JSON.stringify(render('so so')).split('Broke on the second day')).toHaveLength(2);
    }
  });

  it('are only the own one where examples are shown in a way that cannot be taken out', () => {
    const template = '{{#if examples.length}}{{#each examples}}{{text}} {{label}}\n{{/each}}{{/if}}{{review}}';
    expect(exampleForms(front('', template)).map(({ name }) => name)).toEqual(['own']);
  });

  it('are made in a chat as turns, and as a block that the review ends', async () => {
    const chat = '{{role "system"}}\nSay {{labelList}}.\n{{role "user"}}\nReview: {{review}}\n';
    const sent = await rendered(front('output: {format: enum}\n', chat));
    const system = { role: 'system', content: 'Say good or bad.' };
    expect(sent.get('turns')).toEqual({
      kind: 'chat',
      messages: [
        system,
        { role: 'user', content: 'Review: fine' },
        { role: 'assistant', content: '"good"' },
        { role: 'user', content: 'Review: awful' },
        { role: 'assistant', content: '"bad"' },
        { role: 'user', content: 'Review: so so' },
      ],
    });
    const block = 'Review: fine\nSentiment: "good"\n\nReview: awful\nSentiment: "bad"\n\nReview: so so\nSentiment:';
    expect(sent.get('block')).toEqual({ kind: 'chat', messages: [system, { role: 'user', content: block }] });
  });

  it('are made in a chat without roles, whose labels stand in the question', async () => {
    const sent = await rendered(front('', 'Is this {{labelList}}? {{review}}'));
    expect(sent.get('turns')).toMatchObject({
      messages: [{ content: 'Is this good or bad? fine' }, { content: 'good' }, {}, { content: 'bad' }, {}],
    });
  });

  it('are made in a completion before the review', async () => {
    const sent = await rendered(front('mode: completion\n', 'Reviews.\n\nReview: {{review}}\nSentiment:'));
    expect(sent.get('block')).toMatchObject({
      prompt: 'Reviews.\n\nReview: fine\nSentiment: good\n\nReview: awful\nSentiment: bad\n\nReview: so so\nSentiment:',
    });
  });

  it('are made as JSON answers, but never with a rationale that no example has', async () => {
    const json = await rendered(front('output: {format: json}\n', 'Review: {{review}}'));
    expect(json.get('turns')).toMatchObject({ messages: [{}, { content: '{ "sentiment": "good" }' }, {}, {}, {}] });
    expect(exampleForms(await loadPrompt('sentiment-json')).map(({ name }) => name)).toEqual(['block']);
  });

  it('are refused where none can be made', () => {
    const hint = 'write {{#each examples}} where they belong';
    expect(() => exampleForms(front('', '{{role "user"}}{{review}}{{role "model"}}I think'))).toThrow(hint);
    expect(() => exampleForms(front('', '{{#if labels}}{{review}}{{/if}}'))).toThrow(hint);
  });
});
