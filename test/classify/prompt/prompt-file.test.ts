import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { test as base, describe, expect, it } from 'vitest';
import { exampleForms } from '../../../src/classify/prompt/example-forms.js';
import { PromptError } from '../../../src/classify/prompt/prompt.js';
import { formatPrompt, loadPrompt, parsePrompt, promptNames } from '../../../src/classify/prompt/prompt-file.js';
import { createPromptRenderer } from '../../../src/classify/prompt/render-prompt.js';

const valid = `---
labels: [positive, negative]
examples:
  - text: It works
    label: positive
---
{{role "user"}}
Is it {{labelList}}?
{{#each examples}}
{{@index}} {{text}}: {{label}}{{#unless @last}},{{/unless}}
{{/each}}
{{review}}
`;

function withFrontMatter(yaml: string): string {
  return `---\n${yaml}\n---\n{{review}}\n`;
}

function withTemplate(template: string): string {
  return `---\nlabels: [positive, negative]\n---\n${template}`;
}

function problemOf(source: string): string {
  try {
    parsePrompt('mine', source, 'prompts/mine.prompt');
  } catch (error) {
    expect(error).toBeInstanceOf(PromptError);
    expect(error).toMatchObject({ code: 'CHORALE_PROMPT', prompt: 'prompts/mine.prompt' });
    const { message } = error as Error;
    expect(message).not.toContain('\n');
    expect(message).toMatch(/^prompt prompts\/mine\.prompt: /);
    return message.slice('prompt prompts/mine.prompt: '.length);
  }
  return 'it was accepted';
}

describe('a prompt file', () => {
  test('what is left out has its default', () => {
    expect(parsePrompt('mine', withTemplate('{{review}}'))).toEqual({
      name: 'mine',
      hash: expect.stringMatching(/^[0-9a-f]{12}$/),
      labels: ['positive', 'negative'],
      mode: 'chat',
      output: { format: 'label', rationale: false },
      config: { maxOutputTokens: 8, contextTokens: 4_096, temperature: 0, seed: 1, stopSequences: [] },
      examples: [],
      template: '{{review}}',
    });
  });

  test('everything can be said', () => {
    const yaml = `description: Mine.
labels: [' yes ', "no, never"]
mode: completion
output: { format: json, rationale: true }
config: { maxOutputTokens: 1, contextTokens: 64, temperature: 0.5, seed: -3, stopSequences: ["\\n", "."] }
examples: [{ text: Fine, label: yes }]`;
    expect(parsePrompt('mine', withFrontMatter(yaml))).toMatchObject({
      description: 'Mine.',
      labels: ['yes', 'no, never'],
      mode: 'completion',
      output: { format: 'json', rationale: true },
      config: { maxOutputTokens: 1, contextTokens: 64, temperature: 0.5, seed: -3, stopSequences: ['\n', '.'] },
      examples: [{ text: 'Fine', label: 'yes' }],
    });
  });

  test('a part of the config keeps the other defaults', () => {
    const { config, output } = parsePrompt(
      'mine',
      withFrontMatter('labels: [a, b]\nconfig: { seed: 5 }\noutput: { format: text }'),
    );
    expect(config).toMatchObject({ seed: 5, maxOutputTokens: 8, contextTokens: 4_096 });
    expect(output).toEqual({ format: 'text', rationale: false });
  });

  test('a line of --- may have spaces at its end, and the template may have one of its own', () => {
    const source = '---  \nlabels: [a, b]\n--- \nabove\n---\n{{review}}\n---\n';
    expect(parsePrompt('mine', source)).toMatchObject({ labels: ['a', 'b'], template: 'above\n---\n{{review}}\n---' });
  });
});

describe('front matter', () => {
  test.each([
    ['', 'must begin with front matter between two lines of ---'],
    ['{{review}}', 'must begin with front matter between two lines of ---'],
    ['\n---\nlabels: [a, b]\n---\n{{review}}', 'must begin with front matter'],
    ['---\nlabels: [a, b]\n{{review}}', 'must begin with front matter'],
    ['---\n---\n{{review}}', 'labels: Invalid input: expected array, received undefined'],
    ['---\n# nothing\n---\n{{review}}', 'labels: Invalid input'],
    [withFrontMatter('labels: [a, b'), 'the front matter is not YAML: Flow sequence in block collection'],
    [withFrontMatter('labels: [a, b]\n\tx: 1'), 'the front matter is not YAML: '],
    [
      withFrontMatter('labels: [a, b]\nlabels: [c, d]'),
      'the front matter is not YAML: Map keys must be unique at line 3',
    ],
    [withFrontMatter('labels: *none'), 'the front matter is not YAML: Unresolved alias'],
    [withFrontMatter('just a text'), 'front matter: Invalid input: expected object, received string'],
    [withFrontMatter('- a\n- b'), 'front matter: Invalid input: expected object'],
    // An unknown key at each level.
    [withFrontMatter('labels: [a, b]\nlabel: c'), "unknown key 'label'"],
    [withFrontMatter('labels: [a, b]\nmodel: llama3\ninput: {}'), "unknown key 'model'; unknown key 'input'"],
    [withFrontMatter('labels: [a, b]\noutput: { form: json }'), "unknown key 'output.form'"],
    [withFrontMatter('labels: [a, b]\nconfig: { topK: 3 }'), "unknown key 'config.topK'"],
    [withFrontMatter('labels: [a, b]\nexamples: [{ text: x, label: a, id: 1 }]'), "unknown key 'examples.0.id'"],
    [withFrontMatter('labels: [a, b]\nconstructor: 1'), "unknown key 'constructor'"],
    // Wrong types.
    [withFrontMatter('labels: positive'), 'labels: Invalid input: expected array, received string'],
    [withFrontMatter('labels: [1, 2]'), 'labels.0: Invalid input: expected string, received number; labels.1: '],
    [withFrontMatter('labels: [positive]'), 'labels: there must be at least two labels'],
    [withFrontMatter('labels: [a, ""]'), 'labels.1: a label may not be empty'],
    [withFrontMatter(`labels: [a, ${'b'.repeat(61)}]`), 'labels.1: a label may have at most 60 characters'],
    [withFrontMatter('labels: [a, "<|im_end|>"]'), 'labels.1: a label may not contain'],
    [withFrontMatter('labels: [a, "{{b}}"]'), 'labels.1: a label may not contain'],
    [withFrontMatter('labels: [a, "b\\nc"]'), 'labels.1: a label may not contain'],
    [withFrontMatter('labels: [a, b]\nmode: raw'), 'mode: Invalid option: expected one of "chat"|"completion"'],
    [withFrontMatter('labels: [a, b]\noutput: { format: xml }'), 'output.format: Invalid option'],
    [
      withFrontMatter('labels: [a, b]\noutput: { rationale: "yes" }'),
      'output.rationale: Invalid input: expected boolean',
    ],
    [withFrontMatter('labels: [a, b]\nconfig: { maxOutputTokens: 0 }'), 'config.maxOutputTokens: Too small'],
    [
      withFrontMatter('labels: [a, b]\nconfig: { maxOutputTokens: 1.5 }'),
      'config.maxOutputTokens: Invalid input: expected int',
    ],
    [withFrontMatter('labels: [a, b]\nconfig: { contextTokens: 10 }'), 'config.contextTokens: Too small'],
    [withFrontMatter('labels: [a, b]\nconfig: { temperature: 3 }'), 'config.temperature: Too big'],
    [withFrontMatter('labels: [a, b]\nconfig: { stopSequences: [""] }'), 'config.stopSequences.0: Too small'],
    [withFrontMatter('labels: [a, b]\nconfig: 5'), 'config: Invalid input: expected object'],
    [withFrontMatter('labels: [a, b]\nexamples: [{ label: a }]'), 'examples.0.text: Invalid input'],
    // Contradictions.
    [withFrontMatter('labels: [good, bad, Good]'), 'labels: labels must differ, case aside'],
    [withFrontMatter('labels: [good, " good"]'), 'labels: labels must differ, case aside'],
    [
      withFrontMatter('labels: [a, b]\nexamples: [{ text: x, label: c }]'),
      "an example has the label 'c', which is none of a, b",
    ],
    [
      withFrontMatter('labels: [a, b]\noutput: { rationale: true }'),
      'output.rationale needs output.format json, not label',
    ],
  ])('%j', (source, problem) => {
    expect(problemOf(source).slice(0, problem.length)).toBe(problem);
  });
});

describe('a template', () => {
  test.each([
    '{{review}}',
    '{{{review}}}',
    '{{&review}}',
    '{{[review]}}',
    '{{~review~}}',
    '{{! a comment with {{braces}} }}{{review}}',
    '{{role "system"}}{{labels}} {{labels.length}} {{labels.[0]}} {{examples.[0].text}} {{labelList}}{{role "user"}}{{review}}',
    '{{#each labels}}{{this}}{{#unless @last}}, {{/unless}}{{/each}} {{review}}',
    '{{#each examples}}{{@index}}{{this.text}}{{this.label}}{{../labelList}}{{else}}{{labelList}}{{/each}}{{review}}',
    '{{#if examples}}{{#each examples}}{{#if @first}}{{text}}{{/if}}{{/each}}{{/if}}{{review}}',
    '{{#ifEquals labels.length 2}}two{{else}}more{{/ifEquals}}{{review}}',
    '{{json labels}} {{json labels indent=2}} {{review}}',
    '\\{{review}} {{review}}',
  ])('%s is accepted', (template) => {
    expect(problemOf(withTemplate(template))).toBe('it was accepted');
  });

  test.each([
    ['', 'the template lacks the variable {{review}}'],
    ['{{labelList}}', 'the template lacks the variable {{review}}: it would ask the same for every review'],
    ['\\{{review}}', 'the template lacks the variable {{review}}'],
    ['{{!-- {{review}} --}}', 'the template lacks the variable {{review}}'],
    ['{{reveiw}}', 'the template lacks the variable {{review}}: did you mean it by {{reveiw}}?'],
    ['{{Review}}', 'the template lacks the variable {{review}}: did you mean it by {{Review}}?'],
    ['{{review.text}}', "the template uses the unknown name 'review.text'"],
    ['{{labels.first}}{{review}}', "the template uses the unknown name 'labels.first'"],
    ['{{#each examples}}{{text.length}}{{/each}}{{review}}', "the template uses the unknown name 'text.length'"],
    ['{{labels.constructor}}{{review}}', "the template uses the unknown name 'labels.constructor'"],
    ['{{label}}{{review}}', "the template uses the unknown name 'label'; known here: review, text, labels"],
    [
      '{{#each examples}}{{labelList}}{{/each}}{{review}}',
      "the template uses the unknown name 'labelList'; known here: this, text, label",
    ],
    [
      '{{#each examples}}{{review}}{{/each}}',
      "the template uses the unknown name 'review'; known here: this, text, label",
    ],
    ['{{@root.review}}', "the template uses the unknown name '@root.review'"],
    ['{{#each labels as |one|}}{{one}}{{/each}}{{review}}', "the template uses the unknown name 'one'"],
    ['{{upper review}}', "the template uses the unknown name 'upper'; known here: role, json"],
    ['{{#review}}x{{/review}}', "the template uses the unknown name 'review'"],
    ['{{lookup labels 0}}{{review}}', "the template uses the unknown name 'lookup'"],
    ['{{log "x"}}{{review}}', "the template uses the unknown name 'log'"],
    ['{{history}}{{review}}', "the template uses the unknown name 'history'"],
    ['{{media url=review}}', "the template uses the unknown name 'media'"],
    ['{{json (upper labels)}}{{review}}', "the template uses the unknown name 'upper'"],
    ['{{{{raw}}}}{{review}}{{{{/raw}}}}', "the template uses the unknown name 'raw'"],
    ['{{> header}}{{review}}', "the template uses the unknown name '> header'; chorale has no partials"],
    ['{{#> header}}{{review}}{{/header}}', "the template uses the unknown name '#> header'; chorale has no partials"],
    ['{{#*inline "a"}}x{{/inline}}{{review}}', "the template uses the unknown name '#* inline'"],
    ['{{* decorator}}{{review}}', "the template uses the unknown name '* decorator'"],
    ['{{role "User"}}{{review}}', "the template has the role 'User'; known: system, user, model, in quotes"],
    ['{{role "tool"}}{{review}}', "the template has the role 'tool'"],
    ['{{role system}}{{review}}', "the template has the role 'system'; known: system, user, model, in quotes"],
    ['{{role}}{{review}}', "the template has the role ''"],
    ['{{json review}}', "the template passes 'review' to 'json'; it can only be written, as {{review}}"],
    ['{{#if review}}{{review}}{{/if}}', "the template passes 'review' to 'if'"],
    [
      '{{#each examples}}{{json this.text}}{{json ../review}}{{/each}}{{review}}',
      "the template passes 'text' to 'json'",
    ],
    ['{{review', "the template cannot be parsed: line 4, near '{{review'"],
    ['\n\n{{#each labels}}\n{{review}}', 'the template cannot be parsed: line 7, near '],
    ['{{review}}{{/if}}', 'the template cannot be parsed: line 4, near '],
    ['{{#if labels}}{{review}}{{/each}}', "the template cannot be parsed: if doesn't match each"],
  ])('%s', (template, problem) => {
    expect(problemOf(withTemplate(template)).slice(0, problem.length)).toBe(problem);
  });
});

describe('the hash', () => {
  const { hash } = parsePrompt('mine', valid);

  test('it does not depend on the line ends, the byte-order mark or the name', () => {
    expect(parsePrompt('yours', valid.replaceAll('\n', '\r\n')).hash).toBe(hash);
    expect(parsePrompt('mine', valid.replaceAll('\n', '\r')).hash).toBe(hash);
    expect(parsePrompt('mine', `\uFEFF${valid}`).hash).toBe(hash);
    expect(parsePrompt('mine', `\uFEFF${valid.replaceAll('\n', '\r\n')}`)).toEqual(parsePrompt('mine', valid));
  });

  test.each([
    ['a word of the template', valid.replace('Is it', 'Is this')],
    ['a label', valid.replace('[positive, negative]', '[positive, negative, neutral]')],
    ['an example', valid.replace('It works', 'It runs')],
    ['an option', valid.replace('examples:', 'config: { seed: 2 }\nexamples:')],
    ['a space', valid.replace('Is it', 'Is  it')],
  ])('%s changes it', (_, changed) => {
    expect(changed).not.toBe(valid);
    expect(parsePrompt('mine', changed).hash).not.toBe(hash);
  });
});

const test = base.extend<{ folder: string }>({
  // biome-ignore lint/correctness/noEmptyPattern: Vitest reads a fixture's needs from the pattern.
  folder: async ({}, use) => {
    const folder = await mkdtemp(join(tmpdir(), 'chorale-prompt-'));
    await use(folder);
    await rm(folder, { recursive: true });
  },
});

const source = '---\nlabels: [good, bad]\n---\n{{review}}';

describe('loadPrompt', () => {
  test('by name: one that comes with chorale', async ({ expect }) => {
    expect(await loadPrompt('sentiment')).toMatchObject({
      name: 'sentiment',
      labels: ['positive', 'neutral', 'negative'],
      output: { format: 'enum' },
    });
  });

  test('by path: a file of the user, with the same hash wherever it lies', async ({ folder, expect }) => {
    await mkdir(join(folder, 'mine'));
    await writeFile(join(folder, 'stars.prompt'), source);
    await writeFile(join(folder, 'mine', 'stars.txt'), `\uFEFF${source}`);
    const prompt = await loadPrompt(join(folder, 'stars.prompt'));
    expect(prompt).toMatchObject({ name: 'stars', labels: ['good', 'bad'], template: '{{review}}' });
    expect((await loadPrompt(join(folder, 'mine', 'stars.txt'))).hash).toBe(prompt.hash);
  });

  test('an unknown name lists the known ones', async ({ expect }) => {
    const names = await promptNames();
    expect(names).toEqual([
      'aspects',
      'sentiment',
      'sentiment-completion',
      'sentiment-free',
      'sentiment-json',
      'triage',
    ]);
    for (const name of ['sentimental', '', 'constructor']) {
      await expect(loadPrompt(name)).rejects.toMatchObject({
        code: 'CHORALE_PROMPT',
        message: `prompt ${name}: there is none of this name; known: ${names.join(', ')}; a file needs its path`,
      });
    }
  });

  test('a file that is not there, and a folder', async ({ folder, expect }) => {
    const missing = join(folder, 'none.prompt');
    await expect(loadPrompt(missing)).rejects.toMatchObject({
      code: 'CHORALE_PROMPT',
      message: `prompt ${missing}: cannot be read (no such file)`,
    });
    await expect(loadPrompt('none.prompt')).rejects.toThrow('prompt none.prompt: cannot be read (no such file)');
    await expect(loadPrompt(`${folder}/`)).rejects.toThrow('cannot be read (it is a directory)');
  });

  test('what is wrong in a file is told with its path', async ({ folder, expect }) => {
    const path = join(folder, 'wrong.prompt');
    await writeFile(path, source.replace('review', 'reveiw'));
    await expect(loadPrompt(path)).rejects.toThrow(`prompt ${path}: the template lacks the variable {{review}}: did`);
  });
});

describe('the prompts that come with chorale', async () => {
  for (const name of await promptNames()) {
    for (const labels of [
      ['positive', 'neutral', 'negative'],
      ['positive', 'negative'],
      ['angry', 'content'],
    ]) {
      test(`${name} renders with ${labels}`, async ({ expect }) => {
        const prompt = await loadPrompt(name);
        const rendered = (await createPromptRenderer(prompt, labels))('The hinge squeaks.');
        const text = JSON.stringify(rendered);
        expect(rendered.kind).toBe(prompt.mode);
        expect(text.match(/The hinge squeaks\./g)).toHaveLength(1);
        for (const label of labels) expect(text).toContain(label);
        // Other fields than the label may have the same values.
        const others = prompt.output.fields ? [] : prompt.labels.filter((own) => !labels.includes(own));
        for (const label of others) expect(text).not.toContain(label);
        expect(text).not.toMatch(/\{\{|dotprompt|undefined|\[object|\uE000/);
        expect(prompt.description).toMatch(/\.$/);
      });
    }
  }

  test('few-shot prompts put the review last, so that the server need not read the rest again', async ({ expect }) => {
    const prompt = await loadPrompt('sentiment-completion');
    const rendered = (await createPromptRenderer(prompt, ['positive', 'negative']))('The hinge squeaks.');
    expect(rendered).toEqual({
      kind: 'completion',
      prompt: `Product reviews and their sentiment (positive or negative).

Review: The kettle boils in two minutes and the handle stays cool. Could not be happier.
Sentiment: positive

Review: Broke on the second day, and nobody answers my mails.
Sentiment: negative

Review: Arrived early, fits perfectly, and my daughter loves it.
Sentiment: positive

Review: A waste of money. The sound is awful.
Sentiment: negative

Review: I would buy this mixer again at once.
Sentiment: positive

Review: It does not work with my phone, although the seller promised it.
Sentiment: negative

Review: The hinge squeaks.
Sentiment:`,
    });
  });
});

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
      { numRuns: 40 },
    );
  });

  it('gives the prompts that come with chorale back', async () => {
    for (const name of await promptNames()) {
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
