import { type GoldColumn, type GoldFields, goldReader } from '../../analysis/fields/gold-field.js';
import type { Agent } from '../../classify/agent.js';
import { labelField } from '../../classify/fields/field-spec.js';
import type { Row } from '../../data/row.js';
import { UsageError } from '../../foundation/errors/chorale-error.js';
import { quoted } from '../../foundation/text/control-characters.js';
import { didYouMean } from '../../foundation/text/message-text.js';
import type { AnalyzeFlags } from '../options/command-options.js';

/**
 * What `--label` names: the column of the label, and as `FIELD=COLUMN` those of other fields.
 * @throws UsageError
 */
export function resolveGold(given: AnalyzeFlags, { labels, fields }: Pick<Agent, 'labels' | 'fields'>): AnalyzeFlags {
  const { gold = [], ...flags } = given;
  if (fields === null) {
    if (gold.length > 1) throw new UsageError(`--label is given twice, and the prompt has no fields, only the label`);
    return { ...flags, gold, label: gold[0] };
  }
  const ofLabel: string[] = [];
  const goldColumns: GoldColumn[] = [];
  for (const text of gold) {
    const [, name, column] = /^(\w+)=(.+)$/s.exec(text) ?? [];
    if (name === undefined || column === undefined) {
      ofLabel.push(text);
      continue;
    }
    const field = fields.find((one) => one.name === name);
    if (!field) {
      const names = fields.map((one) => one.name);
      const hint = didYouMean(name, names).replace(/^, |\?$/g, '');
      throw new UsageError(
        `--label ${quoted(text)}: the prompt has no field '${name}'${hint === '' ? '' : ` (${hint}?)`}; its fields are ${names.join(', ')}`,
      );
    }
    if (goldColumns.some((one) => one.field === name)) throw new UsageError(`--label names two columns for '${name}'`);
    const read = goldReader(field);
    if (!read) throw new UsageError(`--label ${quoted(text)}: answers of the type ${field.type} cannot be compared`);
    if (field === labelField(fields)) ofLabel.push(column);
    else goldColumns.push({ field: name, column, read });
  }
  if (ofLabel.length > 1)
    throw new UsageError('--label names two columns for the label; FIELD=COLUMN is for another field');
  if (ofLabel.length > 0 && labels.length === 0) {
    throw new UsageError(
      `--label ${quoted(ofLabel[0] ?? '')}: no field of the prompt is the label; say which field, as in --label ${fields[0]?.name}=COLUMN`,
    );
  }
  return { ...flags, gold, label: ofLabel[0], goldColumns };
}

/**
 * The gold values of a row, by field: a blank cell is none.
 * @param cellText the text of a cell; null if it is blank
 * @throws UsageError with the row and the column of a cell that is no value of its field
 */
export function goldFieldsOf(
  row: Row,
  columns: readonly GoldColumn[],
  cellText: (column: string) => string | null,
): GoldFields | undefined {
  if (columns.length === 0 || row.problem) return undefined;
  const found: Record<string, NonNullable<GoldFields[string]>> = {};
  for (const { field, column, read } of columns) {
    const text = cellText(column);
    if (text === null) continue;
    const { value, problem } = read(text);
    if (problem !== undefined) throw new UsageError(goldProblem(row, field, column, problem));
    if (value !== null) found[field] = value;
  }
  return found;
}

function goldProblem({ place, index }: Row, field: string, column: string, problem: string): string {
  const line = place.line === undefined ? '' : `:${place.line}`;
  return (
    `${place.path}${line}: row ${index + 1}, column ${quoted(column)}: ${problem} (gold value of the field '${field}'); ` +
    'correct it, or say with --blank which cells have no gold value'
  );
}
