import type { ValuesOutside } from '../../analysis/gold-labels.js';
import { ExperimentError } from './experiment-errors.js';

/** What is said of rows whose label is none of the labels: which, how many, and what would translate them. */
export function labelsOutside(outside: ValuesOutside, labels: readonly string[]): ExperimentError {
  const verb = outside.rows === 1 ? 'row has a label that is' : 'rows have a label that is';
  const pairs = outside.translations(labels);
  const leavesOut = pairs.some((pair) => pair.endsWith('=')) ? ' (an empty target leaves the rows out)' : '';
  const remedy =
    pairs.length === 0
      ? 'check that --label names the column of the labels'
      : `translate with --map ${shellWord(pairs.join(','))}${leavesOut}, or say with --labels which labels there are`;
  return new ExperimentError(`${outside.rows} ${verb} none of ${labels.join(', ')}: ${outside.list()}`, remedy);
}

function shellWord(text: string): string {
  return /^[\w=,.:@/-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
