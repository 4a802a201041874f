import type { FieldSpec, FieldValues } from '../../classify/fields/field-spec.js';
import { type FieldComparison, fieldComparison } from './field-comparison.js';
import { type FieldDistribution, fieldDistribution } from './field-distribution.js';
import type { FieldSummary } from './field-summary.js';
import type { GoldFields } from './gold-field.js';

interface RunningField {
  readonly name: string;
  readonly distribution: FieldDistribution;
  readonly comparison: FieldComparison | undefined;
  /** A summary may be read several times after the same row. */
  measured: { readonly rows: number; readonly quality: object } | undefined;
}

/** Summarises the fields of the answers while a run continues, in memory that does not grow with the number of reviews. */
export class RunningFields {
  private readonly fields: readonly RunningField[];
  private rows = 0;

  /** @param labelled names of the fields with gold values */
  constructor(fields: readonly FieldSpec[], labelled: ReadonlySet<string>) {
    this.fields = fields.map((field) => ({
      name: field.name,
      distribution: fieldDistribution(field),
      comparison: labelled.has(field.name) ? fieldComparison(field) : undefined,
      measured: undefined,
    }));
  }

  /** Counts one review. @param values null if it failed */
  add(values: FieldValues | null, gold: GoldFields = {}): void {
    this.rows += 1;
    for (const { name, distribution, comparison } of this.fields) {
      const value = values?.[name];
      // A schema of the user's own may leave a field empty.
      if (value !== undefined && value !== null) distribution.add(value);
      const expected = gold[name];
      if (expected !== undefined) comparison?.add(expected, value ?? undefined);
    }
  }

  summary(): Readonly<Record<string, FieldSummary>> {
    return Object.fromEntries(this.fields.map((field) => [field.name, this.summaryOf(field)]));
  }

  private summaryOf(field: RunningField): FieldSummary {
    const { distribution, comparison, measured } = field;
    if (!comparison) return distribution.summary();
    const quality = measured?.rows === this.rows ? measured.quality : comparison.summary();
    field.measured = { rows: this.rows, quality };
    return { ...distribution.summary(), ...quality };
  }
}
