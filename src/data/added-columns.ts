import { ColumnError } from './data-errors.js';
import { escapeControls } from './escape-controls.js';

/** Stands before the name of each column that this program adds. */
const resultPrefix = 'chorale_';

/**
 * The columns of a table that stand after those of the input: one for each field.
 * @throws ColumnError where the input has one of them already
 */
export function addedColumns(columns: readonly string[], fieldNames: readonly string[]): readonly string[] {
  const added = fieldNames.map((name) => `${resultPrefix}${name}`);
  const taken = added.find((name) => columns.includes(name));
  if (taken === undefined) return added;
  throw new ColumnError(
    `the input already has the column ${escapeControls(taken)}; write .jsonl, or remove it from the input`,
    columns.map((name) => escapeControls(name)),
  );
}
