import { once } from 'node:events';

let stdoutClosed = false;

/** What writing to a reader that went away (`| head`), or to a terminal that was closed, ends in. */
const closedCodes = new Set(['EPIPE', 'EIO']);

/** Takes the error of a reader that went away for what it is: nobody wants more. */
export function watchStandardStreams(): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (!closedCodes.has(error.code ?? '')) throw error;
    stdoutClosed = true;
  });
  process.stderr.on('error', (error: NodeJS.ErrnoException) => {
    if (!closedCodes.has(error.code ?? '')) throw error;
  });
}

const esc = String.fromCharCode(27);

/** Control characters but line breaks, tabs and colours, and those that turn the direction of writing. */
const steering = new RegExp(`${esc}(?!\\[[\\d;]*m)|[^\\P{Cc}\\t\\n${esc}]|[\\u202a-\\u202e\\u2066-\\u2069]`, 'gu');

/** Writes a text for people, or JSON, to stdout; foreign texts cannot steer the terminal. Nothing happens where its reader went away. */
export async function print(text: string): Promise<void> {
  if (stdoutClosed) return;
  if (!process.stdout.write(text.replace(steering, ' '))) {
    await Promise.race([once(process.stdout, 'drain'), once(process.stdout, 'close')]).catch(() => {});
  }
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

/** Writes one line to stderr, above the one that is redrawn. Control characters of foreign texts reach no terminal. */
export function tell(line: string): void {
  const clear = isDrawn ? '\r\u001b[K' : '';
  isDrawn = false;
  process.stderr.write(`${clear}${line.replace(/[^\P{Cc}\t]/gu, ' ')}\n`);
}

/** Whether lines may be redrawn and coloured there. */
export function isInteractive(stream: NodeJS.WriteStream): boolean {
  return stream.isTTY === true && !process.env.NO_COLOR && process.env.TERM !== 'dumb';
}
