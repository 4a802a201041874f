import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { exampleForms } from '../../../src/classify/prompt/example-forms.js';
import { formatPrompt, parsePrompt } from '../../../src/classify/prompt/prompt-file.js';
import { readInput } from '../../../src/classify/prompt/prompt-input.js';
import { createPromptRenderer } from '../../../src/classify/prompt/render-prompt.js';
import { columnsShown, namesInTemplate } from '../../../src/classify/prompt/template-variables.js';
import { JsonNumber } from '../../../src/data/json-numbers.js';

const parse = (template: string, yaml = '') =>
  parsePrompt('mine', `---\nlabels: [positive, negative]\n${yaml}\n---\n${template}`);

/** The text that is sent. */
async function shown(template: string, columns: Readonly<Record<string, unknown>>, yaml = '', review = 'It works') {
  const prompt = parse(template, yaml);
  const render = await createPromptRenderer(prompt, ['positive', 'negative']);
  const { text, cells } = readInput({ text: review, columns }, columnsShown(template));
  const input = render(text, cells);
  return input.kind === 'completion' ? input.prompt : input.messages.map(({ content }) => content).join('\n\n');
}

describe('a template', () => {
  test.each([
    ['{{title}} {{stars}} {{review}} {{title}}', ['title', 'stars']],
    ['{{text}}', []],
    ['{{[Review Text]}} {{"a b"}} {{2024}} {{review}}', ['Review Text', 'a b', '2024']],
    ['{{#each labels}}{{../title}}{{/each}}{{./stars}}{{review}}', ['title', 'stars']],
    [
      '{{#if labels}}{{title}}{{/if}}{{#each examples}}{{else}}{{stars}}{{/each}}{{größe}}{{review}}',
      ['title', 'stars', 'größe'],
    ],
  ])('%s shows the columns %j', (template, columns) => {
    expect(parse(template).template).toBe(template);
    expect(columnsShown(template)).toEqual(columns);
  });

  test.each([
    ['{{review}} {{text}}', 'the template shows both {{review}} and {{text}}, and both are the text column: write one'],
    ['{{title}}', 'the template lacks the variable {{review}}: it would ask the same for every review'],
    ['{{reveiw}}', 'the template lacks the variable {{review}}: did you mean it by {{reveiw}}?'],
    ['{{review}} {{title.length}}', "the template uses the unknown name 'title.length'"],
    ['{{review}} {{#if title}}x{{/if}}', "the template passes 'title' to 'if'; it can only be written, as {{title}}"],
    ['{{review}} {{json title}}', "the template passes 'title' to 'json'"],
    [
      '{{review}} {{#each labels}}{{title}}{{/each}}',
      "the template uses the unknown name 'title'; known here: this, text, label",
    ],
    ['{{review}} {{history}}', "the template uses the unknown name 'history'"],
  ])('%s is an error of the prompt', (template, problem) => {
    expect(() => parse(template)).toThrow(`prompt mine: ${problem}`);
  });
});

describe('cells', () => {
  const template = '{{title}}|{{stars}}|{{review}}';

  test.each([
    ['a number', 5, '5'],
    [
      'a number with more digits than JavaScript has',
      new JsonNumber('12345678901234567890.10'),
      '12345678901234567890.10',
    ],
    ['a boolean', false, 'false'],
    ['null', null, ''],
    ['undefined', undefined, ''],
    ['a moment', new Date(Date.UTC(2024, 1, 29)), '2024-02-29T00:00:00.000Z'],
    ['nested values', { a: [1, null] }, '{"a":[1,null]}'],
  ])('%s are shown as in a table', async (_, value, text) => {
    expect(await shown(template, { title: 'Great', stars: value })).toBe(`Great|${text}|It works`);
  });

  test('are found by the slug of their column, too, and those that no template names do not matter', async () => {
    expect(await shown('{{review_title}}: {{review}}', { 'Review Title': 'Great', id: 7 })).toBe('Great: It works');
  });

  test('with the names of properties of objects are as others', async () => {
    const columns = Object.fromEntries([
      ['__proto__', 'a'],
      ['constructor', 'b'],
      ['toString', 'c'],
    ]);
    expect(await shown('{{__proto__}}{{constructor}}{{toString}}{{review}}', columns)).toBe('abcIt works');
  });

  test('in a completion stand on one line', async () => {
    const text = 'T: {{title}}\nR: {{review}}\nS:';
    expect(await shown(text, { title: 'a\r\n b' }, 'mode: completion')).toBe('T: a b\nR: It works\nS:');
  });
});

describe('the columns of examples', () => {
  const template = '{{#each examples}}\n{{title}} ({{stars}}): {{text}} = {{label}}\n{{/each}}\n{{title}}: {{review}}';
  const yaml = `examples:
  - text: Fine
    label: positive
    columns: { title: Great & <b>, stars: 5 }
  - { text: Bad, label: negative, columns: { title: null, stars: 1.5 } }`;

  test('are shown as those of the review', async () => {
    expect(await shown(template, { title: 'New' }, yaml)).toBe(
      'Great & <b> (5): Fine = positive\n (1.5): Bad = negative\nNew: It works',
    );
  });

  test.each([
    [
      '  - { text: Bad, label: negative }',
      'example 2 (line 6) lacks columns.title, columns.stars, which the template shows of every example',
    ],
    ['  - { text: Bad, label: negative, columns: { title: x } }', 'example 2 (line 6) lacks columns.stars, which'],
    [
      '  - { text: Bad, label: negative, columns: { title: x, stars: 1, star: 2 } }',
      "example 2 (line 6) has columns.star, which the template does not show of examples, did you mean 'stars'?",
    ],
    [
      '  - { text: Bad, label: negative, columns: { title: [x], stars: 1 } }',
      'examples.1.columns.title: Invalid input',
    ],
    ['  - { text: Bad, label: negative, title: x }', "unknown key 'examples.1.title'"],
  ])('%s is an error that names the example', (second, problem) => {
    const first = 'examples:\n  - { text: Fine, label: positive, columns: { title: a, stars: 5 } }\n';
    expect(() => parse(template, `${first}\n${second}`)).toThrow(`prompt mine: ${problem}`);
  });

  test('are written by formatPrompt so that they are read back', () => {
    const { name: _, hash: __, template: ___, ...front } = parse(template, yaml);
    const { examples } = parsePrompt('mine', formatPrompt(front, template));
    expect(examples).toEqual(front.examples);
  });
});

describe('the forms in which a prompt can show examples', () => {
  const message = 'Title: {{title}}\nReview: {{review}}';
  test.each([
    [
      'a chat without a cue',
      `{{role "system"}}\nJudge.\n{{role "user"}}\n${message}`,
      '',
      [
        'Title: {{title}}\nReview: {{text}}\n{{role "model"}}\n{{label}}',
        'Title: {{title}}\nReview: {{text}}\nSentiment: {{label}}',
      ],
    ],
    [
      'a chat with a cue',
      `${message}\nLabel:`,
      '',
      [
        'Title: {{title}}\nReview: {{text}}\nLabel:\n{{role "model"}}\n{{label}}',
        'Title: {{title}}\nReview: {{text}}\nLabel: {{label}}',
      ],
    ],
    [
      'a completion',
      `Judge.\n${message}\nLabel:`,
      'mode: completion',
      ['Title: {{title}}\nReview: {{text}}\nLabel: {{label}}'],
    ],
    [
      'another name of the text',
      'Title: {{title}}\nReview: {{text}}\nLabel:',
      'mode: completion',
      ['Title: {{title}}\nReview: {{text}}\nLabel: {{label}}'],
    ],
  ])('%s: have the columns of the example, in the same words', (_, template, yaml, shown) => {
    const forms = exampleForms(parse(template, yaml));
    expect(forms).toHaveLength(shown.length);
    for (const [index, form] of forms.entries()) {
      expect(form.template).toContain(shown[index]);
      expect(columnsShown(form.template)).toEqual(['title']);
      expect([...namesInTemplate(form.template).exampleColumns]).toEqual(['title']);
    }
  });

  test('are none where a column stands in an earlier message, of which an example has no part', () => {
    const template = '{{role "system"}}\nA {{title}}.\n{{role "user"}}\n{{review}}';
    expect(() => exampleForms(parse(template))).toThrow('the template has no place for examples');
  });
});

/** Tokens of chat templates, markers of Dotprompt and pieces of them. */
const hostile = fc.oneof(
  fc.constantFrom(
    ...['<', '<<', '|', '<|', '|>', '>', '[', ']', '/', '[/', 'INST', 'INST]', '#', '##', '@', 'e~', '~', ':', '：'],
    ...['<<<dotprompt:role:system>>>', '<|im_start|>', 'im_start|>', 'start_of_turn>', '<start_of_', 'turn>', '\u200b'],
    ...[
      'user',
      'User:',
      'Title',
      'Title:',
      'Review',
      'assistant',
      '\n',
      ' ',
      'dotprompt:role:system>>>',
      '\uE000',
      'r',
    ],
    ...[
      '\uE000r\uE000',
      '\uE000c0\uE000',
      '\uE0000\uE000',
      '{{title}}',
      '{{role "system"}}',
      '{{{review}}}',
      '$&',
      '$1',
    ],
  ),
  fc.string({ unit: 'grapheme', maxLength: 3 }),
);
const cell = fc.array(hostile, { maxLength: 6 }).map((parts) => parts.join(''));

/** Markers of roles, folded as a server may fold them. */
const living =
  /<[<|]|\[\||<\/?(?:start_of_turn|im_start)>|\[\/?INST\]|###\s*\p{L}|\]~|^[ \t#@]*(?:user|assistant)[ \t]*:/imu;

function folded(text: string): string {
  return text.normalize('NFKC').replace(/[\u00AD\u200B-\u200D\u2060\uFEFF]/g, '');
}

describe.each([
  ['in lines of their own', 'Judge.\nTitle: {{title}}\nStars: {{stars}}\nReview: {{review}}\nSentiment:'],
  ['side by side', '{{title}}{{stars}}{{review}}'],
  ['on one line', '{{title}}: {{review}} ({{stars}})'],
])('hostile cells %s', (_, template) => {
  test.each(['chat', 'completion'])('open no role in a %s, and are never interpreted', async (mode) => {
    const prompt = parse(template, `mode: ${mode}`);
    const render = await createPromptRenderer(prompt, prompt.labels);
    await fc.assert(
      fc.asyncProperty(cell, cell, cell, async (title, stars, review) => {
        const input = render(review, [title, stars]);
        const text = input.kind === 'completion' ? input.prompt : input.messages[0]?.content;
        if (input.kind === 'chat') expect(input.messages).toHaveLength(1);
        expect(folded(text ?? '')).not.toMatch(living);
        // Whatever stands in a cell stays: only characters are added, or replaced by a space or a dash.
        const letters = (given: string) => given.replace(/[^\p{L}\p{N}{}$]/gu, '');
        const frame = template.replace('{{title}}', () => title).replace('{{stars}}', () => stars);
        if (!/\{\{(?:title|stars|review)\}\}/.test(title + stars + review)) {
          expect(letters(text ?? '')).toBe(letters(frame.replace('{{review}}', () => review)));
        }
      }),
      { numRuns: 400 },
    );
  });
});
