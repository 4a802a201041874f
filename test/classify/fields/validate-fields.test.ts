import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readFields } from '../../../src/classify/fields/answer-fields.js';
import { answerSchema, tokensOfAnswer } from '../../../src/classify/fields/answer-schema.js';
import type { FieldSpec } from '../../../src/classify/fields/field-spec.js';
import { createFieldsValidator } from '../../../src/classify/fields/validate-fields.js';
import { anyFields, valuesOf } from './any-fields.js';

const fields: readonly FieldSpec[] = [
  { name: 'topic', type: 'enum', values: ['delivery', 'size, fit'], label: true },
  { name: 'tags', type: 'enums', values: ['a', 'b', 'c'] },
  { name: 'angry', type: 'boolean' },
  { name: 'stars', type: 'number', minimum: 1, maximum: 5 },
  { name: 'days', type: 'integer' },
  { name: 'summary', type: 'string', maxLength: 5 },
  {
    name: 'aspects',
    type: 'list',
    maxItems: 2,
    fields: [
      { name: 'aspect', type: 'string', maxLength: 20 },
      { name: 'polarity', type: 'enum', values: ['good', 'bad'], label: false },
    ],
  },
];

const valid = {
  topic: 'delivery',
  tags: ['a', 'c'],
  angry: true,
  stars: 4.5,
  days: 3,
  summary: '12345',
  aspects: [{ aspect: 'zip', polarity: 'bad' }],
};

describe('the JSON schema of fields', () => {
  test('has every field in its order, required, and no others', () => {
    expect(answerSchema(fields)).toEqual({
      type: 'object',
      properties: {
        topic: { type: 'string', enum: ['delivery', 'size, fit'] },
        tags: { type: 'array', items: { type: 'string', enum: ['a', 'b', 'c'] }, maxItems: 3 },
        angry: { type: 'boolean' },
        stars: { type: 'number', minimum: 1, maximum: 5 },
        days: { type: 'integer' },
        summary: { type: 'string', maxLength: 5 },
        aspects: {
          type: 'array',
          maxItems: 2,
          items: {
            type: 'object',
            properties: {
              aspect: { type: 'string', maxLength: 20 },
              polarity: { type: 'string', enum: ['good', 'bad'] },
            },
            required: ['aspect', 'polarity'],
            additionalProperties: false,
          },
        },
      },
      required: ['topic', 'tags', 'angry', 'stars', 'days', 'summary', 'aspects'],
      additionalProperties: false,
    });
    expect(Object.keys(answerSchema(fields).properties as object)).toEqual(fields.map(({ name }) => name));
  });

  test('the output budget grows with the fields', () => {
    expect(tokensOfAnswer(fields)).toBeGreaterThan(tokensOfAnswer(fields.slice(1)));
  });
});

describe('a validator', () => {
  const check = createFieldsValidator(fields);

  test('takes a valid answer as it is', () => {
    expect(check(valid)).toEqual({ fields: valid });
  });

  test('case and quotes of a value do not count, and chosen values come once, in the order of the field', () => {
    const answer = { ...valid, topic: '"Size, Fit"', tags: ['C', 'a', 'C'] };
    expect(check(answer).fields).toMatchObject({ topic: 'size, fit', tags: ['a', 'c'] });
  });

  test('characters are counted, not UTF-16 units', () => {
    expect(check({ ...valid, summary: '😀😀😀😀😀' }).violations).toBeUndefined();
  });

  test.each([
    [{ topic: 'other' }, 'topic: must be one of delivery or size, fit'],
    [{ topic: undefined }, 'topic: is missing'],
    [{ tags: ['a', 'x'] }, 'tags[1]: must be one of a, b or c'],
    [{ tags: 'a' }, 'tags: must be a list'],
    [{ angry: 'true' }, 'angry: must be true or false'],
    [{ stars: 0 }, 'stars: must be at least 1'],
    [{ stars: 5.1 }, 'stars: must be at most 5'],
    [{ stars: Number.POSITIVE_INFINITY }, 'stars: must be a number'],
    [{ days: 1.5 }, 'days: must be a whole number'],
    [{ days: null }, 'days: must be a whole number'],
    [{ summary: '123456' }, 'summary: must have at most 5 characters'],
    [
      { aspects: [valid.aspects[0], { aspect: 'x', polarity: 'meh' }] },
      'aspects[1].polarity: must be one of good or bad',
    ],
    [{ aspects: [5] }, 'aspects[0]: must be an object with aspect, polarity'],
    [{ aspects: Array(3).fill(valid.aspects[0]) }, 'aspects: must have at most 2 entries'],
    [{ more: 1 }, 'has a key that is none of topic, tags, angry, stars, days, summary, aspects'],
  ])('%j is one violation', (wrong, violation) => {
    expect(check({ ...valid, ...wrong }).violations).toEqual([violation]);
  });

  test.each([[null], [[]], ['text'], [5]])('%j is no object', (value) => {
    expect(check(value).violations).toEqual([
      'must be an object with topic, tags, angry, stars, days, summary, aspects',
    ]);
  });

  test('a key that objects have from their prototype is a key like any other', () => {
    for (const key of ['__proto__', 'constructor', 'toString']) {
      const answer = JSON.parse(`{"angry":true,"${key}":{"x":1}}`);
      const one: readonly FieldSpec[] = [{ name: 'angry', type: 'boolean' }];
      expect(createFieldsValidator(one)(answer).violations).toEqual(['has a key that is none of angry']);
    }
  });

  test('a zero has no sign, so that a recorded answer is the same as a new one', () => {
    expect(Object.is(check({ ...valid, days: -0 }).fields?.days, 0)).toBe(true);
  });

  test('whatever fits the fields is valid, and stays as it is', () => {
    fc.assert(
      fc.property(
        anyFields.chain((specs) => fc.tuple(fc.constant(specs), valuesOf(specs))),
        ([specs, values]) => {
          const answer = JSON.parse(JSON.stringify(values));
          expect(createFieldsValidator(specs)(answer)).toEqual({ fields: answer });
        },
      ),
      { numRuns: 200 },
    );
  });

  test('whatever an answer is, it is valid or has violations of one line each', () => {
    fc.assert(
      fc.property(anyFields, fc.jsonValue(), fc.dictionary(fc.string(), fc.jsonValue()), (specs, any, object) => {
        for (const value of [any, object]) {
          const { fields: found, violations } = createFieldsValidator(specs)(value);
          expect(found === undefined).toBe((violations ?? []).length > 0);
          for (const violation of violations ?? []) expect(violation).not.toContain('\n');
        }
      }),
      { numRuns: 200 },
    );
  });
});

describe('the text of an answer with fields', () => {
  const answer = { specs: fields, label: 'topic', schema: answerSchema(fields), check: createFieldsValidator(fields) };

  test.each([
    JSON.stringify(valid),
    `\`\`\`json\n${JSON.stringify(valid)}\n\`\`\``,
    `Here you are: ${JSON.stringify(valid)} I hope it helps.`,
  ])('%s is read', (text) => {
    expect(readFields(text, answer)).toEqual({ label: 'delivery', fields: valid });
  });

  test('without a label field the label is empty', () => {
    expect(readFields(JSON.stringify(valid), { ...answer, label: null })).toEqual({ label: '', fields: valid });
  });

  test('a text that is not JSON, and an answer with violations, say what is wrong', () => {
    expect(readFields('{"topic": ', answer)).toBe('is not JSON (the server did not keep the model to the JSON schema)');
    expect(() => readFields('{"topic": "x"}', answer)).toThrow(
      'the answer does not fit the fields: topic: must be one of delivery or size, fit; tags: is missing; angry: is missing; ' +
        'stars: is missing; days: is missing; and 2 more violations',
    );
  });
});
