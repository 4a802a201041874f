import { once } from 'node:events';
import { StdoutClosedError } from '../data/stdout-closed-error.js';
import { streamProblem } from '../data/write-stream.js';
import { coloured, paint, type Tone } from '../report/colour.js';

/** Why nothing more can be written to stdout. */
let stdoutProblem: Error | undefined;

/** Keeps the error of a stream that can no longer be written. Who writes to stdout learns of it from `print`. */
export function watchStandardStreams(): void {
  if (process.stdout.listeners('error').includes(keepProblem)) return;
  process.stdout.on('error', keepProblem);
  // There is nobody left to be told.
  process.stderr.on('error', () => {});
}

function keepProblem(error: Error): void {
  stdoutProblem ??= streamProblem(error, '<stdout>');
}

const esc = String.fromCharCode(27);

/** Control characters but line breaks and tabs, and those that turn the direction of writing. */
const steeringOrColour = /[^\P{Cc}\t\n]|[\u202a-\u202e\u2066-\u2069]/gu;

/** All of these that are no sequence of a colour. */
const steering = new RegExp(`${esc}(?!\\[[\\d;]*m)|[^\\P{Cc}\\t\\n${esc}]|[\\u202a-\\u202e\\u2066-\\u2069]`, 'gu');

/**
 * Writes a text for people, or JSON, to stdout, with colours where they may be; foreign texts cannot steer the terminal.
 * Nothing happens where its reader went away (`| head`), or its terminal was closed.
 * @throws OutputError where it cannot be written, as on a full disk
 */
export async function print(text: string): Promise<void> {
  const unwanted = isColoured(process.stdout) ? steering : steeringOrColour;
  if (stdoutProblem === undefined && !process.stdout.write(text.replace(unwanted, ' '))) {
    await Promise.race([once(process.stdout, 'drain'), once(process.stdout, 'close')]).catch(() => {});
  }
  // A file or a device tells of a failed write in the next tick.
  await new Promise((resolve) => setImmediate(resolve));
  if (stdoutProblem !== undefined && !(stdoutProblem instanceof StdoutClosedError)) throw stdoutProblem;
}

/** Whether the last line of the terminal on stderr is one that is redrawn. */
let isDrawn = false;

/** Replaces the line that is redrawn on the terminal on stderr, or begins one. */
export function drawLine(text: string): void {
  isDrawn = true;
  process.stderr.write(`\r${text}\u001b[K`);
}

/** Takes the line that is redrawn away. */
export function clearLine(): void {
  if (isDrawn) process.stderr.write('\r\u001b[K');
  isDrawn = false;
}

/** Leaves the line that is redrawn as it is. */
export function leaveLine(): void {
  if (isDrawn) process.stderr.write('\n');
  isDrawn = false;
}

/**
 * Writes one line to stderr, above the one that is redrawn. Control characters of foreign texts reach no terminal.
 * @param tone of the whole line; by default, `error:` and `warning:` at its beginning are coloured
 */
export function tell(line: string, tone?: Tone): void {
  const clear = isDrawn ? '\r\u001b[K' : '';
  isDrawn = false;
  const text = line.replace(/[^\P{Cc}\t]/gu, ' ');
  const [, word = '', rest = text] = /^(error:|warning:)(.*)$/s.exec(text) ?? [];
  const painted = () => (tone ? paint(text, tone) : paint(word, word === 'error:' ? 'bad' : 'doubtful') + rest);
  process.stderr.write(`${clear}${coloured(isColoured(process.stderr), painted)}\n`);
}

/** Whether lines may be redrawn there. */
export function isInteractive(stream: NodeJS.WriteStream): boolean {
  return stream.isTTY === true && !process.env.NO_COLOR && process.env.TERM !== 'dumb';
}

/**
 * Whether colours may be written there. `NO_COLOR` goes before everything; `FORCE_COLOR` (anything but `0` and `false`) also
 * colours what is no terminal.
 */
export function isColoured(
  stream: Pick<NodeJS.WriteStream, 'isTTY'>,
  { NO_COLOR: no, FORCE_COLOR: forced, TERM: term }: NodeJS.ProcessEnv = process.env,
): boolean {
  if (no) return false;
  if (forced) return forced !== '0' && forced !== 'false';
  return stream.isTTY === true && term !== 'dumb';
}
