import type { CountShare, FieldSummary, ListSummary } from '../analysis/fields/field-summary.js';
import type { Summary } from '../analysis/summary.js';
import type { NumberQuantiles } from '../foundation/statistics/number-distribution.js';
import type { Interval } from '../foundation/statistics/proportions.js';
import { blankControls } from '../foundation/text/control-characters.js';
import { cut, percent, share } from './format-values.js';
import { compactTable } from './table.js';

/** Values of a field that are shown. */
const mostValues = 8;

/** Columns of a shown value. */
const widestValue = 48;

/** The tables of the fields of the answers: what they say, then how well they agree with gold values. Empty without fields. */
export function renderFields({ fields, sentiment }: Summary): readonly string[] {
  const named = Object.entries(fields ?? {});
  const shown = named.filter(([, field]) => !isLabel(field, sentiment));
  const rows = shown.flatMap(([name, field]) => withName(name, distributionRows(field)));
  const quality = named.flatMap(([name, field]) => withName(name, qualityRows(field)));
  return [
    ...(rows.length > 0 ? [compactTable(['field', 'value', 'reviews', 'share'], rows, { left: 2 })] : []),
    ...(quality.length > 0 ? [compactTable(['field', 'metric (95 %)', 'value', 'rows'], quality, { left: 2 })] : []),
  ];
}

/** The label has a table of its own. */
function isLabel(field: FieldSummary, sentiment: Summary['sentiment']): boolean {
  return field.type === 'enum' && JSON.stringify(field.values) === JSON.stringify(sentiment);
}

/** The name stands in the first row only. */
function withName(name: string, rows: readonly (readonly string[])[]): readonly (readonly string[])[] {
  return rows.map((row, index) => [index === 0 ? name : '', ...row]);
}

function distributionRows(field: FieldSummary): readonly (readonly string[])[] {
  switch (field.type) {
    case 'enum':
    case 'boolean':
      return countRows(field.values);
    case 'enums':
      return [...countRows(field.values), ...noneRow(field.none)];
    case 'number':
    case 'integer':
      return [[quantiles(field), String(field.answered), '']];
    case 'string':
      return [[`characters: ${quantiles(field.characters)}`, String(field.answered), '']];
    case 'list':
      return listRows(field);
    case 'json':
      return [['JSON', String(field.answered), '']];
  }
}

function countRows(values: Readonly<Record<string, CountShare>>): readonly (readonly string[])[] {
  const entries = Object.entries(values);
  // Few values stay in their order; of many the most frequent ones are shown.
  const chosen =
    entries.length <= mostValues ? entries : entries.toSorted(([, a], [, b]) => b.count - a.count).slice(0, mostValues);
  const rows = chosen.map(([value, { count, share: part }]) => [value, String(count), percent(part)]);
  return entries.length > chosen.length ? [...rows, [`and ${entries.length - chosen.length} others`, '', '']] : rows;
}

function noneRow({ count, share: part }: CountShare): readonly (readonly string[])[] {
  return count === 0 ? [] : [['(none)', String(count), percent(part)]];
}

/** Entries of a list are counted, not reviews: they have no share. */
function listRows({ most_frequent: frequent, entries, none, count_error: error }: ListSummary) {
  const rows = frequent.slice(0, mostValues).map(({ value, count }) => [entryText(value), String(count), '']);
  const error_note = error > 0 ? `, counts up to ${error} too low` : '';
  return [[`${entries} entries${error_note}`, '', ''], ...rows, ...noneRow(none)];
}

/** `battery, negative` */
function entryText(value: unknown): string {
  const parts = typeof value === 'object' && value !== null ? Object.values(value) : [value];
  return cut(blankControls(parts.map(String).join(', ')), widestValue);
}

function quantiles({ mean, min, p50, max }: NumberQuantiles): string {
  if (mean === null) return '–';
  return `${number(min)} … ${number(max)}, median ${number(p50)}, mean ${number(mean)}`;
}

/** With at most four digits that count. */
function number(value: number | null): string {
  return value === null ? '–' : String(Number(value.toPrecision(4)));
}

function qualityRows(field: FieldSummary): readonly (readonly string[])[] {
  const { gold_rows: rows, gold_rows_failed: failed } = { gold_rows: undefined, gold_rows_failed: 0, ...field };
  if (rows === undefined) return [];
  const counted = `${rows}${failed ? ` (${failed} failed)` : ''}`;
  return metricsOf(field).map(([name, value], index) => [name, value, index === 0 ? counted : '']);
}

function metricsOf(field: FieldSummary): readonly (readonly [string, string])[] {
  switch (field.type) {
    case 'enum':
    case 'boolean':
      return [
        ['accuracy', withInterval(field.accuracy, field.accuracy_interval)],
        ['macro-F1', withInterval(field.macro_f1, field.macro_f1_interval)],
      ];
    case 'enums':
      return [
        ['micro-F1', withInterval(field.micro_f1, field.micro_f1_interval)],
        ['macro-F1', withInterval(field.macro_f1, field.macro_f1_interval)],
        ['exact match', withInterval(field.exact_match, field.exact_match_interval)],
      ];
    case 'number':
    case 'integer':
      return [
        ['mean absolute error (answered rows)', withInterval(field.mae, field.mae_interval)],
        ['Spearman correlation', withInterval(field.spearman, field.spearman_interval)],
      ];
    case 'string':
      return [['exact match', withInterval(field.exact_match, field.exact_match_interval)]];
    case 'list':
      return [
        ['F1 of the entries', withInterval(field.f1, field.f1_interval)],
        ['precision / recall', `${share(field.precision ?? null)} / ${share(field.recall ?? null)}`],
        ['exact match', withInterval(field.exact_match, field.exact_match_interval)],
      ];
    case 'json':
      return [];
  }
}

function withInterval(value: number | null | undefined, interval: Interval | null | undefined): string {
  if (value === null || value === undefined || !interval) return share(value ?? null);
  return `${share(value)} (${share(interval.lower, 2)}–${share(interval.upper, 2)})`;
}
