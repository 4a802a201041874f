import { once } from 'node:events';
import { StdoutClosedError } from '../data/stdout-closed-error.js';
import { streamProblem } from '../data/write-stream.js';
import { fitTables } from '../report/table.js';
import { coloured, paint, type Tone } from '../report/terminal-text.js';
import type { Io, OutputStream } from './io.js';

const esc = String.fromCharCode(27);

/** Control characters except line breaks and tabs, and characters that change the direction of writing. */
const controls = /[^\P{Cc}\t\n]|[\u202a-\u202e\u2066-\u2069]/gu;

/** The same without the sequences of colours. */
const controlsExceptColours = new RegExp(
  `${esc}(?!\\[[\\d;]*m)|[^\\P{Cc}\\t\\n${esc}]|[\\u202a-\\u202e\\u2066-\\u2069]`,
  'gu',
);

/** Writes results to stdout, and progress and problems to stderr. Foreign texts cannot control the terminal. */
export class Terminal {
  /** Why nothing more can be written to stdout. */
  private stdoutProblem: Error | undefined;
  /** Whether the last line of stderr is one that is redrawn. */
  private isDrawn = false;

  /** @param args what follows the name of the program */
  constructor(
    readonly io: Io,
    readonly args: readonly string[] = [],
  ) {
    io.stdout.on('error', this.keepProblem);
    io.stderr.on('error', ignore);
  }

  /** Removes the listeners. */
  close(): void {
    this.io.stdout.off('error', this.keepProblem);
    this.io.stderr.off('error', ignore);
  }

  /**
   * Writes a text to stdout, with colours where they are allowed. Does nothing where the reader went away (`| head`), or the
   * terminal was closed.
   * @throws OutputError where it cannot be written, as on a full disk
   */
  async print(text: string): Promise<void> {
    const { stdout } = this.io;
    const unwanted = this.isColoured(stdout) ? controlsExceptColours : controls;
    if (this.stdoutProblem === undefined && !stdout.write(text.replace(unwanted, ' '))) {
      await Promise.race([once(stdout, 'drain'), once(stdout, 'close')]).catch(() => {});
    }
    // A file or a device reports a failed write in the next tick.
    await new Promise((resolve) => setImmediate(resolve));
    if (this.stdoutProblem && !(this.stdoutProblem instanceof StdoutClosedError)) throw this.stdoutProblem;
  }

  /** Prints a value as JSON in one line. Control characters that JSON leaves as they are become escapes, too. */
  async printJson(value: unknown): Promise<void> {
    const text = JSON.stringify(value).replace(
      /[\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g,
      (found) => `\\u${found.charCodeAt(0).toString(16).padStart(4, '0')}`,
    );
    await this.print(`${text}\n`);
  }

  /** Prints tables to stdout, as wide as the terminal; or to stderr, where stdout carries the results. */
  async printTables(render: () => string, toStderr = false): Promise<void> {
    const stream = toStderr ? this.io.stderr : this.io.stdout;
    const width = stream.isTTY ? stream.columns || 80 : undefined;
    const text = coloured(this.isColoured(stream), () => fitTables(width, render));
    if (toStderr) stream.write(text);
    else await this.print(text);
  }

  /**
   * Writes one line to stderr, above the line that is redrawn.
   * @param tone of the whole line; by default, `error:` and `warning:` at its beginning are coloured
   */
  log(line: string, tone?: Tone): void {
    this.clearLine();
    const text = line.replace(/[^\P{Cc}\t]/gu, ' ');
    const [, word = '', rest = text] = /^(error:|warning:)(.*)$/s.exec(text) ?? [];
    const painted = () => (tone ? paint(text, tone) : paint(word, word === 'error:' ? 'bad' : 'doubtful') + rest);
    this.io.stderr.write(`${coloured(this.isColoured(this.io.stderr), painted)}\n`);
  }

  /** Replaces the line that is redrawn on stderr, or begins one. */
  drawLine(text: string): void {
    this.isDrawn = true;
    this.io.stderr.write(`\r${text}\u001b[K`);
  }

  /** Removes the line that is redrawn. */
  clearLine(): void {
    if (this.isDrawn) this.io.stderr.write('\r\u001b[K');
    this.isDrawn = false;
  }

  /** Keeps the line that is redrawn, so that other lines follow it. */
  keepLine(): void {
    if (this.isDrawn) this.io.stderr.write('\n');
    this.isDrawn = false;
  }

  /** Columns of stderr; null where its lines cannot be redrawn. */
  liveColumns(): number | null {
    const { stderr, env } = this.io;
    return stderr.isTTY === true && !env.NO_COLOR && env.TERM !== 'dumb' ? stderr.columns || 80 : null;
  }

  /**
   * Whether colours may be written to a stream. `NO_COLOR` has precedence; `FORCE_COLOR` (anything except `0` and `false`)
   * also colours what is no terminal.
   */
  isColoured(stream: Pick<OutputStream, 'isTTY'>): boolean {
    const { NO_COLOR: no, FORCE_COLOR: forced, TERM: term } = this.io.env;
    if (no) return false;
    if (forced) return forced !== '0' && forced !== 'false';
    return stream.isTTY === true && term !== 'dumb';
  }

  private readonly keepProblem = (error: Error): void => {
    this.stdoutProblem ??= streamProblem(error, '<stdout>');
  };
}

function ignore(): void {}
