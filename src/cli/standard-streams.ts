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

/** Writes one line to stderr. Control characters of foreign texts reach no terminal. */
export function tell(line: string): void {
  process.stderr.write(`${line.replace(/[^\P{Cc}\t]/gu, ' ')}\n`);
}

/** Whether lines may be redrawn and coloured there. */
export function isInteractive(stream: NodeJS.WriteStream): boolean {
  return stream.isTTY === true && !process.env.NO_COLOR && process.env.TERM !== 'dumb';
}

let cursorHidden = false;

/** Hides the cursor of the terminal on stderr while something is redrawn there. */
export function hideCursor(): void {
  if (cursorHidden) return;
  cursorHidden = true;
  process.stderr.write('\u001b[?25l');
}

export function showCursor(): void {
  if (!cursorHidden) return;
  cursorHidden = false;
  process.stderr.write('\u001b[?25h');
}
