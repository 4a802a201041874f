import { closeSync } from 'node:fs';
import { isatty } from 'node:tty';

const standardStreams = [0, 1, 2];

/**
 * Lets go of a terminal that was closed while the program ran. At its end Node sets terminals back to how it found them,
 * and aborts where one is gone.
 */
export function forgetLostTerminal(): void {
  const terminals = standardStreams.filter((stream) => isatty(stream));
  process.once('exit', () => {
    for (const stream of terminals) if (!isatty(stream)) closeSync(stream);
  });
}
