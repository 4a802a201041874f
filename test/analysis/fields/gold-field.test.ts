import { describe, expect, it } from 'vitest';
import { goldReader } from '../../../src/analysis/fields/gold-field.js';
import type { FieldSpec } from '../../../src/classify/fields/field-spec.js';
import { specs } from './specs.js';

const read = (field: FieldSpec, cell: unknown) => goldReader(field)?.(cell);

describe('a gold value of a field', () => {
  it.each([
    ['urgency', ' HIGH ', 'high'],
    ['refund', 'Yes', true],
    ['refund', '0', false],
    ['refund', true, true],
    ['stars', '4', 4],
    ['stars', '4.0', 4],
    ['price', '-1.5e2', -150],
    ['price', 3, 3],
    ['summary', ' Broke\u200b. ', 'Broke.'],
    ['topics', 'price; delivery', ['delivery', 'price']],
    ['topics', 'price,delivery', ['delivery', 'price']],
    ['topics', 'price|DELIVERY', ['delivery', 'price']],
    ['topics', 'so, so', ['so, so']],
    ['topics', '["so, so","price"]', ['price', 'so, so']],
    ['topics', '[]', []],
    ['topics', ['delivery'], ['delivery']],
    ['aspects', '[{"polarity":"Negative","aspect":"Battery"}]', [{ aspect: 'Battery', polarity: 'negative' }]],
    ['aspects', [], []],
  ] as const)('of %s may be written as %j', (name, cell, value) => {
    expect(read(specs[name], cell)).toEqual({ value });
  });

  it.each([
    ['urgency', 'medium', "'medium' is not one of low or high"],
    ['refund', 'maybe', "'maybe' is not true or false"],
    ['stars', '4.5', "'4.5' is not a whole number"],
    ['stars', 'four', "'four' is not a number"],
    ['price', '3,5', "'3,5' is not a number"],
    ['price', '0x10', "'0x10' is not a number"],
    ['topics', 'price; taste', "topics[1]: 'taste' is not one of delivery, price or so, so"],
    ['aspects', 'battery', 'it is not a JSON list'],
    ['aspects', '[1]', "aspects[0]: '1' is not an object with aspect, polarity"],
    ['aspects', '[{"aspect":"x"}]', 'aspects[0]: \'{"aspect":"x"}\' lacks polarity'],
    [
      'aspects',
      '[{"aspect":"x","polarity":"good"}]',
      "aspects[0]: polarity: 'good' is not one of positive or negative",
    ],
    ['aspects', '[{"aspect":"x","tone":1}]', "aspects[0]: the key 'tone' is none of aspect, polarity"],
  ] as const)('of %s is rejected where it is %j, with the reason', (name, cell, problem) => {
    expect(read(specs[name], cell)).toEqual({ problem });
  });

  it('cannot be read where an answer may be any JSON', () => {
    expect(goldReader(specs.extra)).toBeUndefined();
  });
});
