import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { resultTypes } from '../../../src/analysis/review-result.js';
import { renderFieldList } from '../../../src/classify/fields/field-list.js';
import type { FieldSpec } from '../../../src/classify/fields/field-spec.js';
import { reservedNames } from '../../../src/classify/fields/fields-schema.js';
import { exampleForms } from '../../../src/classify/prompt/example-forms.js';
import { PromptError } from '../../../src/classify/prompt/prompt.js';
import { formatPrompt, parsePrompt } from '../../../src/classify/prompt/prompt-file.js';
import { anyFields } from './any-fields.js';

function promptWith(fields: string, more = '') {
  return parsePrompt('mine', `---\noutput:\n  fields:\n    ${fields}\n${more}---\n{{review}}\n`);
}

function problemOf(fields: string, more?: string): string {
  try {
    promptWith(fields, more);
  } catch (error) {
    expect(error).toBeInstanceOf(PromptError);
    expect((error as PromptError).code).toBe('CHORALE_PROMPT');
    expect((error as PromptError).message).not.toContain('\n');
    return (error as PromptError).problem;
  }
  return 'it was accepted';
}

const everyType = `topic: { type: enum, values: [delivery, "size, fit"], label: true, description: What it is about. }
    tags: { type: enums, values: [a, b, c] }
    angry: { type: boolean }
    stars: { type: number, minimum: 1, maximum: 5 }
    days: { type: integer, minimum: 0 }
    summary: { type: string, maxLength: 80 }
    aspects: { type: list, maxItems: 3, fields: { aspect: { type: string }, polarity: { type: enum, values: [good, bad] } } }
`;

describe('the fields of a prompt file', () => {
  test('every type can be said, in the order of the file, and the labels are those of the label field', () => {
    const { labels, output } = promptWith(everyType);
    expect(labels).toEqual(['delivery', 'size, fit']);
    expect(output).toEqual({
      format: 'json',
      rationale: false,
      fields: [
        {
          name: 'topic',
          type: 'enum',
          values: ['delivery', 'size, fit'],
          description: 'What it is about.',
          label: true,
        },
        { name: 'tags', type: 'enums', values: ['a', 'b', 'c'] },
        { name: 'angry', type: 'boolean' },
        { name: 'stars', type: 'number', minimum: 1, maximum: 5 },
        { name: 'days', type: 'integer', minimum: 0 },
        { name: 'summary', type: 'string', maxLength: 80 },
        {
          name: 'aspects',
          type: 'list',
          maxItems: 3,
          fields: [
            { name: 'aspect', type: 'string', maxLength: 200 },
            { name: 'polarity', type: 'enum', values: ['good', 'bad'], label: false },
          ],
        },
      ],
    });
  });

  test('without a label field there are no labels', () => {
    expect(promptWith('angry: { type: boolean }').labels).toEqual([]);
  });

  test('the label may be called sentiment', () => {
    expect(promptWith('sentiment: { type: enum, values: [good, bad], label: true }').labels).toEqual(['good', 'bad']);
  });

  test('no field has the name of a column of the results', () => {
    expect(reservedNames).toEqual(expect.arrayContaining(Object.keys(resultTypes)));
  });

  test('the output budget is the author’s, or has room for the longest answer', () => {
    const text = 'summary: { type: string, maxLength: 300 }';
    expect(promptWith(text, 'config: { maxOutputTokens: 40 }\n').config.maxOutputTokens).toBe(40);
    expect(promptWith(text).config.maxOutputTokens).toBeGreaterThan(150);
    expect(promptWith('angry: { type: boolean }').config.maxOutputTokens).toBeLessThan(40);
  });

  test.each([
    [
      'topic: { type: enumm }',
      'output.fields.topic.type: type must be one of enum, boolean, number, integer, string, enums, list',
    ],
    ['topic: 5', 'output.fields.topic: type must be one of enum, boolean, number, integer, string, enums, list'],
    ['topic: { type: enum }', 'output.fields.topic.values: must be a list of values'],
    ['topic: { type: enum, values: [a] }', 'output.fields.topic.values: there must be at least 2 values'],
    ['tags: { type: enums, values: [x, X] }', 'output.fields.tags.values: values must differ, case aside'],
    ['a: { type: boolean, label: true }', 'output.fields.a: only a field of type enum can be the label, not boolean'],
    [
      'a: { type: enum, values: [x, y], label: true }\n    b: { type: enum, values: [x, y], label: true }',
      'output.fields: only one field can be the label, not a and b',
    ],
    [
      'l: { type: list, fields: { a: { type: boolean, label: true } } }',
      'output.fields.l.fields.a: a field of a list cannot be the label',
    ],
    [
      'Odd Name: { type: boolean }',
      'output.fields.Odd Name: a name begins with a letter a–z and has only a–z, 0–9 and _, at most 40 of them',
    ],
    [
      '__proto__: { type: boolean }\n    b: { type: boolean }',
      'output.fields."__proto__": a name begins with a letter a–z and has only a–z, 0–9 and _, at most 40 of them',
    ],
    [
      'constructor: { type: boolean }',
      'output.fields.constructor: a name begins with a letter a–z and has only a–z, 0–9 and _, at most 40 of them',
    ],
    ['status: { type: boolean }', 'output.fields.status: chorale has a column of this name; take another name'],
    [
      'sentiment: { type: boolean }',
      'output.fields.sentiment: chorale has a column of this name; take another name, unless it is the label',
    ],
    [
      'a: { type: boolean }\n    a: { type: boolean }',
      'the front matter is not YAML: Map keys must be unique at line 5, column 5',
    ],
    ['n: { type: integer, minimum: 5, maximum: 1 }', 'output.fields.n: minimum 5 is above maximum 1'],
    ['n: { type: integer, minimum: 0.5 }', 'output.fields.n.minimum: Invalid input: expected int, received number'],
    ['n: { type: boolean, minimum: 1 }', "unknown key 'output.fields.n.minimum'"],
    ['s: { type: string, maxLength: 0 }', 'output.fields.s.maxLength: Too small: expected number to be >=1'],
    [
      'l: { type: list, fields: { a: { type: enums, values: [x] } } }',
      'output.fields.l.fields.a.type: lists do not nest: a field of a list is one of enum, boolean, number, integer, string',
    ],
    [
      'l: &l { type: list, fields: { a: *l } }',
      'output.fields.l.fields.a.type: lists do not nest: a field of a list is one of enum, boolean, number, integer, string',
    ],
    ['l: { type: list, fields: {} }', 'output.fields.l.fields: there must be at least one field'],
    ['{}', 'output.fields: there must be at least one field'],
    ['5', 'output.fields: must be a map of names to fields'],
  ])('%s is rejected in one line', (fields, problem) => {
    expect(problemOf(fields)).toBe(problem);
  });

  test.each([
    ['labels: [x, y]\n', 'labels: the labels are those of the field with label: true; remove them'],
    ['labels: [x\n', /^the front matter is not YAML/],
  ])('%s beside fields is rejected', (more, problem) => {
    expect(problemOf('a: { type: boolean }', more)).toMatch(problem);
  });

  test('probabilities need a label', () => {
    const source = '---\noutput: { probabilities: true, fields: { a: { type: boolean } } }\n---\n{{review}}';
    expect(() => parsePrompt('mine', source)).toThrow('output.probabilities needs a field with label: true');
  });

  test('a prompt that is written reads back to the same', () => {
    fc.assert(
      fc.property(anyFields, (fields) => {
        const front = {
          ...promptWith('a: { type: boolean }'),
          output: { format: 'json' as const, rationale: false, fields },
        };
        const { output, config } = parsePrompt('mine', formatPrompt(front, '{{review}}'));
        expect(output.fields).toEqual(fields satisfies readonly FieldSpec[]);
        expect(config).toEqual(front.config);
      }),
      { numRuns: 50 },
    );
  });

  test('the budget of many long texts leaves half of the context window to the prompt', () => {
    const { config } = promptWith('l: { type: list, maxItems: 100, fields: { a: { type: string } } }');
    expect(config).toMatchObject({ contextTokens: 4_096, maxOutputTokens: 2_048 });
  });

  test('the example of the documentation is a prompt', () => {
    const page = readFileSync(new URL('../../../docs/prompts.md', import.meta.url), 'utf8');
    const [, source = ''] = /```yaml\n(---\noutput:\n {2}fields:[\s\S]*?)```/.exec(page) ?? [];
    expect(parsePrompt('docs', source).output.fields?.map(({ type }) => type)).toEqual([
      'enum',
      'boolean',
      'enums',
      'integer',
      'string',
      'list',
    ]);
  });

  test('no examples are searched for it: they would need whole answers', () => {
    expect(() => exampleForms(promptWith('a: { type: boolean }'))).toThrow('examples are searched for labels only');
  });

  test('the list of fields says what each may be', () => {
    expect(renderFieldList(promptWith(everyType).output.fields ?? [])).toMatchInlineSnapshot(`
      "- topic (delivery or size, fit): What it is about.
      - tags (a list of some of a, b, c, or of none)
      - angry (true or false)
      - stars (a number from 1 to 5)
      - days (a whole number of at least 0)
      - summary (a text of at most 80 characters)
      - aspects (a list of at most 3 objects with aspect (a text of at most 200 characters); polarity (good or bad))"
    `);
  });
});
