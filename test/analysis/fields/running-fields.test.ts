import { describe, expect, it } from 'vitest';
import { RunningFields } from '../../../src/analysis/fields/running-fields.js';
import type { FieldValues } from '../../../src/classify/fields/field-spec.js';
import { specs } from './specs.js';

const all = Object.values(specs);

const answers: readonly FieldValues[] = [
  {
    urgency: 'high',
    refund: true,
    stars: 1,
    price: -2.5,
    summary: 'Broken',
    topics: ['delivery', 'price'],
    aspects: [
      { aspect: 'Battery', polarity: 'negative' },
      { aspect: 'screen', polarity: 'positive' },
    ],
    extra: null,
  },
  {
    urgency: 'low',
    refund: false,
    stars: 5,
    price: 10,
    summary: 'é',
    topics: [],
    aspects: [{ aspect: ' battery', polarity: 'negative' }],
    extra: { a: 1 },
  },
];

describe('the summary of fields', () => {
  it('has the distribution, the quantiles or the most frequent values of each field, in the order of the prompt', () => {
    const fields = new RunningFields(all, new Set());
    for (const values of answers) fields.add(values);
    fields.add(null);
    const summary = fields.summary();
    expect(Object.keys(summary)).toEqual(Object.keys(specs));
    expect(summary).toMatchObject({
      urgency: { type: 'enum', answered: 2, values: { low: { count: 1, share: 0.5 }, high: { count: 1, share: 0.5 } } },
      refund: { type: 'boolean', values: { true: { count: 1, share: 0.5 }, false: { count: 1, share: 0.5 } } },
      stars: { type: 'integer', answered: 2, mean: 3, min: 1, p50: 1, max: 5 },
      price: { type: 'number', mean: 3.75, min: -2.5, max: 10 },
      summary: { type: 'string', characters: { min: 1, max: 6 } },
      topics: {
        type: 'enums',
        values: { delivery: { count: 1, share: 0.5 }, price: { count: 1 }, 'so, so': { count: 0, share: 0 } },
        none: { count: 1, share: 0.5 },
      },
      aspects: {
        type: 'list',
        answered: 2,
        entries: 3,
        none: { count: 0 },
        most_frequent: [
          { value: { aspect: 'battery', polarity: 'negative' }, count: 2 },
          { value: { aspect: 'screen', polarity: 'positive' }, count: 1 },
        ],
        by_key: {
          aspect: [
            { value: 'battery', count: 2 },
            { value: 'screen', count: 1 },
          ],
          polarity: [
            { value: 'negative', count: 2 },
            { value: 'positive', count: 1 },
          ],
        },
        count_error: 0,
      },
      extra: { type: 'json', answered: 1 },
    });
    expect(summary.urgency).not.toHaveProperty('accuracy');
  });

  it('has metrics for the fields with gold values: a failed review is wrong, and has no error of a number', () => {
    const fields = new RunningFields(all, new Set(['urgency', 'refund', 'stars', 'summary', 'topics', 'aspects']));
    const gold = {
      urgency: 'high',
      refund: true,
      stars: 2,
      summary: 'BROKEN',
      topics: ['delivery'],
      aspects: [{ aspect: 'battery', polarity: 'negative' }],
    };
    fields.add(answers[0] ?? null, gold);
    fields.add(null, gold);
    fields.add(answers[1] ?? null, { topics: [] });
    expect(fields.summary()).toMatchObject({
      urgency: {
        gold_rows: 2,
        gold_rows_failed: 1,
        accuracy: 0.5,
        majority_baseline: 1,
        confusion: {
          labels: ['low', 'high'],
          counts: [
            [0, 0],
            [0, 1],
          ],
          unanswered: [0, 1],
        },
      },
      refund: { accuracy: 0.5, confusion: { labels: ['true', 'false'] } },
      stars: { gold_rows: 2, gold_rows_failed: 1, mae: 1, spearman: null },
      summary: { exact_match: 0.5 },
      topics: { gold_rows: 3, exact_match: 1 / 3, precision: 0.5, recall: 0.5, micro_f1: 0.5, macro_f1: 1 / 3 },
      aspects: { gold_rows: 2, precision: 0.5, recall: 0.5, f1: 0.5, exact_match: 0 },
    });
    expect(fields.summary()).toEqual(fields.summary());
  });
});
