import { coloured, paint, type Tone } from '../../report/colour.js';
import { visible } from '../../report/visible.js';
import { wrapText } from '../../report/wrap-text.js';
import { isColoured, print } from '../standard-streams.js';

const indent = '  ';

/** The width of the terminal on stdout; undefined where stdout is none. */
function width(): number | undefined {
  return process.stdout.isTTY ? process.stdout.columns || undefined : undefined;
}

/** Begins a numbered section. */
export async function section(number: number, title: string): Promise<void> {
  await heading(`${number}. ${title}`);
}

/** Begins a section without a number. */
export async function heading(title: string): Promise<void> {
  await print(`\n${inTone(title, 'heading')}\n`);
}

function inTone(text: string, tone: Tone | undefined): string {
  return tone === undefined ? text : coloured(isColoured(process.stdout), () => paint(text, tone));
}

/**
 * A sentence or a table row of the story, wrapped to the terminal. Control characters of foreign texts are not printed.
 * @param further indent beyond that of the section
 */
export async function line(text: string, further = '', tone?: Tone): Promise<void> {
  await print(`${wrapText(inTone(visible(text), tone), width(), `${indent}${further}`)}\n`);
}

/** A command to copy: where it does not fit, it is continued as a POSIX shell reads it. */
export async function command(words: readonly string[]): Promise<void> {
  const [first = '', ...rest] = words.map(visible);
  const columns = width() ?? Number.POSITIVE_INFINITY;
  const lines = [`${indent}${indent}${first}`];
  for (const word of rest) {
    const last = lines[lines.length - 1] ?? '';
    if (last.length + word.length + 3 <= columns) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(`${indent.repeat(3)}${word}`);
  }
  await print(`${lines.join(' \\\n')}\n`);
}
