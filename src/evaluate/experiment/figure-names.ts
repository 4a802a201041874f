import type { LabelledRows } from './labelled-rows.js';
import { scoreVariant } from './score-variant.js';
import { VariantRecord } from './variant-record.js';
import type { VariantResult } from './variant-result.js';

/**
 * The numeric figures of a variant by their path, as in `macro_f1`, `accuracy.lower`, `classes.negative.recall`; null
 * where one is not known. A figure with an interval stands under its own name too.
 */
export function figuresByName(variant: VariantResult): ReadonlyMap<string, number | null> {
  const { confusion: _, options: __, problem: ___, server_version: ____, model_digest: _____, ...others } = variant;
  const { stability, cost, ...figures } = others;
  return new Map(numbersIn({ ...figures, ...(stability ? { stability } : {}), ...(cost ? { cost } : {}) }, ''));
}

/** The names of all figures that variants have with these labels. */
export function figureNames(labels: readonly string[], repeats: number): readonly string[] {
  const nothing: LabelledRows = {
    labels,
    rows: [],
    counts: {},
    choice: {},
    leftOut: { unlabelled: 0, blank: 0, unreadable: 0 },
    copies: 0,
  };
  const record = new VariantRecord({ name: '', prompt: '', model: null, options: {} }, labels, 0);
  record.counted = 1;
  for (let round = 0; round < repeats; round += 1) record.beginRound();
  const price = { promptPerMillion: 0, completionPerMillion: 0, currency: '' };
  return [...figuresByName(scoreVariant(record, nothing, { confidence: 0.95, price })).keys()];
}

function numbersIn(value: object, prefix: string): readonly (readonly [string, number | null])[] {
  return Object.entries(value).flatMap(([key, field]: [string, unknown]) => {
    const name = key === 'value' && prefix !== '' ? prefix : prefix === '' ? key : `${prefix}.${key}`;
    if (typeof field === 'number' || field === null) return [[name, field] as const];
    return typeof field === 'object' && !Array.isArray(field) ? numbersIn(field ?? {}, name) : [];
  });
}
