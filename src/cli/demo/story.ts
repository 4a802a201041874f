import { blankControls } from '../../foundation/text/control-characters.js';
import { coloured, paint, type Tone, wrapText } from '../../report/terminal-text.js';
import type { Terminal } from '../terminal.js';

const indent = '  ';

/** Prints the sections of the demo, wrapped to the terminal. Control characters of foreign texts are not printed. */
export class Story {
  constructor(readonly terminal: Terminal) {}

  /** Begins a numbered section. */
  section(number: number, title: string): Promise<void> {
    return this.heading(`${number}. ${title}`);
  }

  /** Begins a section without a number. */
  heading(title: string): Promise<void> {
    return this.terminal.print(`\n${this.inTone(title, 'heading')}\n`);
  }

  /**
   * A sentence or a table row.
   * @param further indent beyond that of the section
   */
  line(text: string, further = '', tone?: Tone): Promise<void> {
    return this.terminal.print(
      `${wrapText(this.inTone(blankControls(text), tone), this.width, `${indent}${further}`)}\n`,
    );
  }

  /** A command to copy. Where it does not fit, it is continued as a POSIX shell reads it. */
  command(words: readonly string[]): Promise<void> {
    const [first = '', ...rest] = words.map((word) => blankControls(word));
    const columns = this.width ?? Number.POSITIVE_INFINITY;
    const lines = [`${indent}${indent}${first}`];
    for (const word of rest) {
      const last = lines[lines.length - 1] ?? '';
      if (last.length + word.length + 3 <= columns) lines[lines.length - 1] = `${last} ${word}`;
      else lines.push(`${indent.repeat(3)}${word}`);
    }
    return this.terminal.print(`${lines.join(' \\\n')}\n`);
  }

  /** The width of the terminal on stdout; undefined where stdout is none. */
  private get width(): number | undefined {
    const { isTTY, columns } = this.terminal.io.stdout;
    return isTTY ? columns || undefined : undefined;
  }

  private inTone(text: string, tone: Tone | undefined): string {
    const { terminal } = this;
    return tone === undefined ? text : coloured(terminal.isColoured(terminal.io.stdout), () => paint(text, tone));
  }
}
