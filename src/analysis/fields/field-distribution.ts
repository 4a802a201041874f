import type { FieldSpec, FieldValue, ListField } from '../../classify/fields/field-spec.js';
import { FrequentValues } from '../../foundation/statistics/frequent-values.js';
import { NumberDistribution } from '../../foundation/statistics/number-distribution.js';
import { chosenOf, comparedValue, entryKeys, itemsOf } from './field-keys.js';
import type { CountShare, FieldSummary, FrequentEntry } from './field-summary.js';

/** Summarises the answers in one field, in memory that does not grow with their number. */
export interface FieldDistribution {
  add(value: FieldValue): void;
  summary(): FieldSummary;
}

/** Most frequent values that a summary lists. */
const listed = 10;

/** The summary of a field of this type, empty at first. */
export function fieldDistribution(field: FieldSpec): FieldDistribution {
  switch (field.type) {
    case 'enum':
      return new Choice(field.type, field.values);
    case 'boolean':
      return new Choice(field.type, ['true', 'false']);
    case 'enums':
      return new Choices(field.values);
    case 'number':
    case 'integer':
      return new Numbers(field.type);
    case 'string':
      return new Texts();
    case 'list':
      return new Lists(field);
    case 'json':
      return new AnyJson();
  }
}

class Choice implements FieldDistribution {
  private readonly counts: Map<string, number>;
  private answered = 0;

  constructor(
    private readonly type: 'enum' | 'boolean',
    values: readonly string[],
  ) {
    this.counts = new Map(values.map((value) => [value, 0]));
  }

  add(value: FieldValue): void {
    this.answered += 1;
    bump(this.counts, String(value));
  }

  summary(): FieldSummary {
    return { type: this.type, answered: this.answered, values: shares(this.counts, this.answered) };
  }
}

class Choices implements FieldDistribution {
  private readonly counts: Map<string, number>;
  private answered = 0;
  private none = 0;

  constructor(values: readonly string[]) {
    this.counts = new Map(values.map((value) => [value, 0]));
  }

  add(value: FieldValue): void {
    const chosen = chosenOf(value);
    this.answered += 1;
    if (chosen.length === 0) this.none += 1;
    for (const one of chosen) bump(this.counts, one);
  }

  summary(): FieldSummary {
    const { answered, none } = this;
    return { type: 'enums', answered, values: shares(this.counts, answered), none: countShare(none, answered) };
  }
}

class Numbers implements FieldDistribution {
  private readonly numbers = new NumberDistribution();

  constructor(private readonly type: 'number' | 'integer') {}

  add(value: FieldValue): void {
    this.numbers.add(Number(value));
  }

  summary(): FieldSummary {
    return { type: this.type, answered: this.numbers.count, ...this.numbers.quantiles() };
  }
}

class Texts implements FieldDistribution {
  private readonly lengths = new NumberDistribution();

  add(value: FieldValue): void {
    this.lengths.add(Array.from(String(value)).length);
  }

  summary(): FieldSummary {
    return { type: 'string', answered: this.lengths.count, characters: this.lengths.quantiles() };
  }
}

class Lists implements FieldDistribution {
  private readonly whole = new FrequentValues();
  private readonly byKey: ReadonlyMap<string, FrequentValues>;
  private answered = 0;
  private none = 0;

  constructor(private readonly field: ListField) {
    this.byKey = new Map(field.fields.map(({ name }) => [name, new FrequentValues()]));
  }

  add(value: FieldValue): void {
    const items = itemsOf(value);
    this.answered += 1;
    if (items.length === 0) this.none += 1;
    for (const key of entryKeys(this.field, value)) this.whole.add(key);
    for (const part of this.field.fields) {
      const values = this.byKey.get(part.name);
      for (const item of items) values?.add(JSON.stringify(comparedValue(part, item[part.name])));
    }
  }

  summary(): FieldSummary {
    const { answered, none, whole, byKey } = this;
    return {
      type: 'list',
      answered,
      entries: whole.total,
      none: countShare(none, answered),
      most_frequent: frequent(whole),
      by_key: Object.fromEntries([...byKey].map(([name, values]) => [name, frequent(values)])),
      count_error: Math.max(whole.uncertainty, ...[...byKey.values()].map(({ uncertainty }) => uncertainty)),
    };
  }
}

class AnyJson implements FieldDistribution {
  private answered = 0;

  add(): void {
    this.answered += 1;
  }

  summary(): FieldSummary {
    return { type: 'json', answered: this.answered };
  }
}

function frequent(values: FrequentValues): readonly FrequentEntry[] {
  return values.list(listed).map(({ value, count }) => ({ value: JSON.parse(value), count }));
}

function shares(counts: ReadonlyMap<string, number>, answered: number): Readonly<Record<string, CountShare>> {
  return Object.fromEntries([...counts].map(([value, count]) => [value, countShare(count, answered)]));
}

function countShare(count: number, answered: number): CountShare {
  return { count, share: answered > 0 ? count / answered : 0 };
}

function bump(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}
