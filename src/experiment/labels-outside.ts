import { ExperimentError } from '../errors/index.js';

const listed = 8;

/** What is said of rows whose label is none of the labels: which, how many, and what would translate them. */
export function labelsOutside(outside: ReadonlyMap<string, number>, labels: readonly string[]): ExperimentError {
  const found = [...outside].sort(([, a], [, b]) => b - a);
  const rows = found.reduce((sum, [, count]) => sum + count, 0);
  const more = found.length > listed ? `, and ${found.length - listed} others` : '';
  const list = found.slice(0, listed).map(([label, count]) => `'${label}' (${count})`);
  const pairs = found.slice(0, listed).map(([label]) => `${label}=${likely(label, labels) ?? 'LABEL'}`);
  const verb = rows === 1 ? 'row has a label that is' : 'rows have a label that is';
  return new ExperimentError(
    `${rows} ${verb} none of ${labels.join(', ')}: ${list.join(', ')}${more}`,
    `translate with --map ${shellWord(pairs.join(','))}, or say with --labels which labels there are`,
  );
}

/** The label that is meant, where there is little doubt: the same case aside, or its beginning. */
function likely(given: string, labels: readonly string[]): string | undefined {
  const wanted = given.trim().toLowerCase();
  const same = labels.find((label) => label.toLowerCase() === wanted);
  const begun = labels.filter((label) => wanted !== '' && label.toLowerCase().startsWith(wanted));
  return same ?? (begun.length === 1 ? begun[0] : undefined);
}

function shellWord(text: string): string {
  return /^[\w=,.:@/-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
