import type { AnswerPair } from '../evaluate/experiment/answer-table.js';
import type { Disagreement } from '../evaluate/experiment/experiment-result.js';
import { cut } from './show-number.js';
import { Table } from './table.js';
import { compact, plain } from './table-style.js';

const textWidth = 60;

/** Rows that people may look through; data has all of them. */
const mostShown = 200;

/** The rows that divide the variants, with the names of those behind each answer. */
export function renderDividingRows(rows: readonly Disagreement[], texts: ReadonlyMap<number, string>): string {
  if (rows.length === 0) return '';
  const table = new Table({
    head: ['rows that divide', 'label', 'answers', 'text'],
    style: plain,
    chars: compact,
    colWidths: [null, null, 52, textWidth + 2],
    wordWrap: true,
  });
  for (const { id, expected, answers, index } of rows) {
    table.push([cut(id, 20), expected, answersOf(answers), cut(texts.get(index) ?? '', textWidth)]);
  }
  return table.toString();
}

/** `positive: a, b; negative: c` */
function answersOf(answers: Disagreement['answers']): string {
  const byAnswer = new Map<string, string[]>();
  for (const [variant, answer] of Object.entries(answers)) {
    const given = answer ?? 'none';
    byAnswer.set(given, [...(byAnswer.get(given) ?? []), variant]);
  }
  return [...byAnswer].map(([answer, variants]) => `${answer}: ${variants.join(', ')}`).join('; ');
}

/** The rows that two variants answer differently, side by side. */
export function renderDifferences(a: string, b: string, differences: readonly AnswerPair[]): string {
  if (differences.length === 0) return `${a} and ${b} answer every row the same\n`;
  const table = new Table({
    head: ['row', 'label', a, b, 'text'],
    style: plain,
    chars: compact,
    colWidths: [null, null, null, null, textWidth + 2],
  });
  for (const { row, ...answers } of differences.slice(0, mostShown)) {
    const mark = (answer: string | null) => `${answer ?? 'none'}${answer === row.expected ? ' ✓' : ''}`;
    table.push([cut(row.id, 20), row.expected, mark(answers.a), mark(answers.b), cut(row.text, textWidth)]);
  }
  const more = differences.length > mostShown ? `the first ${mostShown} of them; --json has all\n` : '';
  const rows = differences.length === 1 ? '1 row' : `${differences.length} rows`;
  return `${rows} that ${a} and ${b} answer differently\n${table.toString()}\n${more}`;
}
