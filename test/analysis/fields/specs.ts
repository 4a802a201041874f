import type { FieldSpec } from '../../../src/classify/fields/field-spec.js';

/** A field of each type. */
export const specs = {
  urgency: { name: 'urgency', type: 'enum', values: ['low', 'high'], label: false },
  refund: { name: 'refund', type: 'boolean' },
  stars: { name: 'stars', type: 'integer', minimum: 1, maximum: 5 },
  price: { name: 'price', type: 'number' },
  summary: { name: 'summary', type: 'string', maxLength: 200 },
  topics: { name: 'topics', type: 'enums', values: ['delivery', 'price', 'so, so'] },
  aspects: {
    name: 'aspects',
    type: 'list',
    maxItems: 10,
    fields: [
      { name: 'aspect', type: 'string', maxLength: 40 },
      { name: 'polarity', type: 'enum', values: ['positive', 'negative'], label: false },
    ],
  },
  extra: { name: 'extra', type: 'json' },
} as const satisfies Readonly<Record<string, FieldSpec>>;
