import { compareHeaders } from './compare-headers.js';
import type { Place } from './data-errors.js';
import { inputProblem } from './input-problem.js';
import type { Header } from './row-parser.js';

/**
 * The columns of a table: those of an earlier one where there is one, which must be the same.
 * @throws InputError
 */
export function matchHeader(columns: readonly string[], expected: Header | null, place: Place): readonly string[] {
  if (expected === null) return columns;
  const difference = compareHeaders(columns, expected.columns);
  if (difference === null) return expected.columns;
  throw inputProblem(place, `the columns differ from those of ${expected.path}: ${difference}`);
}
