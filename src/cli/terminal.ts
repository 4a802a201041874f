import { once } from 'node:events';
import { StdoutClosedError } from '../data/data-errors.js';
import { streamProblem } from '../data/stream-sinks.js';
import { blankControls, escapeControls } from '../foundation/text/control-characters.js';
import { coloured, paint, type Tone } from '../report/terminal-text.js';
import type { Io, OutputStream } from './io.js';

/** A sequence that sets a colour. */
const colourSequence = new RegExp(`(${String.fromCharCode(27)}\\[[\\d;]*m)`);

/** Writes results to stdout, and progress and problems to stderr. Foreign texts cannot control the terminal. */
export class Terminal {
  /** Why nothing more can be written to stdout. */
  private stdoutProblem: Error | undefined;
  /** Whether the last line of stderr is one that is redrawn. */
  private isDrawn = false;
  private readonly warnings = new Set<string>();
  /** Whether stderr carries errors only, or events. */
  quiet = false;

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
   * @throws OutputError if it cannot be written, as on a full disk
   */
  async print(text: string): Promise<void> {
    const { stdout } = this.io;
    const parts = this.isColoured(stdout) ? text.split(colourSequence) : [text];
    const shown = parts.map((part, position) => (position % 2 === 0 ? blankControls(part, '\t\n') : part)).join('');
    if (this.stdoutProblem === undefined && !stdout.write(shown)) {
      await Promise.race([once(stdout, 'drain'), once(stdout, 'close')]).catch(() => {});
    }
    // A file or a device reports a failed write in the next tick.
    await new Promise((resolve) => setImmediate(resolve));
    if (this.stdoutProblem && !(this.stdoutProblem instanceof StdoutClosedError)) throw this.stdoutProblem;
  }

  /** Prints a value as JSON in one line. Control characters that JSON leaves as they are become escapes, too. */
  async printJson(value: unknown): Promise<void> {
    await this.print(`${escapeControls(JSON.stringify(value))}\n`);
  }

  /** Prints tables to stdout, as wide as the terminal; or to stderr, where stdout carries the results. */
  async printTables(render: () => string, toStderr = false): Promise<void> {
    if (toStderr && this.quiet) return;
    const stream = toStderr ? this.io.stderr : this.io.stdout;
    const width = stream.isTTY ? stream.columns || 80 : undefined;
    const { fitTables } = await import('../report/table.js');
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
    const text = blankControls(line, '\t');
    const [, word = '', rest = text] = /^(error:|warning:)(.*)$/s.exec(text) ?? [];
    const painted = () => (tone ? paint(text, tone) : paint(word, word === 'error:' ? 'bad' : 'warning') + rest);
    this.io.stderr.write(`${coloured(this.isColoured(this.io.stderr), painted)}\n`);
  }

  /** Writes one line to stderr, unless the user wants none. */
  note(line: string, tone?: Tone): void {
    if (!this.quiet) this.log(line, tone);
  }

  /** Writes a warning to stderr, once, unless the user wants none. */
  warn(warning: string): void {
    if (!this.warnings.has(warning)) this.note(`warning: ${warning}`);
    this.warnings.add(warning);
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

  /** Columns of stderr; null if its lines cannot be redrawn. */
  liveColumns(): number | null {
    const { stderr, env } = this.io;
    return stderr.isTTY === true && !env.NO_COLOR && env.TERM !== 'dumb' ? stderr.columns || 80 : null;
  }

  /**
   * Whether colours may be written to a stream. `NO_COLOR` has precedence; `FORCE_COLOR` (anything except `0` and `false`)
   * also colours what is not a terminal.
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
