import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { seededRandom } from '../../../src/foundation/statistics/random-variates.js';
import { prompt } from './answering-server.js';

/** A data set, and what it asks for. */
export interface Workload {
  readonly path: string;
  readonly promptPath: string;
  /** The text of each row; blank ones are not asked. */
  readonly texts: readonly string[];
  /** Texts that are not blank, each once: as many questions as an undisturbed run asks. */
  readonly distinct: number;
}

/**
 * Writes a CSV file of so many rows and the prompt beside it. About a third of the texts come again, shortly after or much
 * later; some are blank, some have several lines and quotes, and so has a column that nobody asks about.
 */
export function writeWorkload(folder: string, rows: number): Workload {
  const random = seededRandom(rows);
  const texts: string[] = [];
  for (let row = 0; row < rows; row += 1) texts.push(textOf(row, texts, random));
  const path = join(folder, 'reviews.csv');
  const records = texts.map((text, row) => [`r${row}`, text, row % 9 === 0 ? `note ${row},\n"quoted"` : '']);
  writeFileSync(path, csvOf([['key', 'text', 'note'], ...records]));
  const promptPath = join(folder, 'kills.prompt');
  writeFileSync(promptPath, prompt);
  const distinct = new Set(texts.filter((text) => text.trim() !== '')).size;
  return { path, promptPath, texts, distinct };
}

function textOf(row: number, before: readonly string[], random: () => number): string {
  const draw = random();
  if (draw < 0.03) return draw < 0.015 ? '' : ' \n ';
  if (draw < 0.18) return before[row - 1 - Math.floor(random() * 6)] ?? 'the first one';
  if (draw < 0.33) return before[Math.floor(random() * row)] ?? 'the second one';
  if (draw < 0.4) return `Lamp ${row} came late.\nIt is "bright", they said,\nand it is.`;
  return `Lamp number ${row} stands on my desk, and I look at it ${Math.floor(random() * 1_000)} times a day.`;
}

function csvOf(records: readonly (readonly string[])[]): string {
  const quoted = (cell: string) => (/[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell);
  return records.map((cells) => `${cells.map(quoted).join()}\n`).join('');
}
