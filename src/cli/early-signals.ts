import { closeSync } from 'node:fs';
import { isatty } from 'node:tty';

/** What ends a command early; each with the same exit code. */
export const stopSignals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

export const interruptedExitCode = 130;

/**
 * Ends the process with the exit code of an interrupted one, as long as no command listens to the signals itself: while
 * the program is loaded, and after a command has ended.
 */
export function listenEarly(): void {
  for (const signal of stopSignals) {
    process.on(signal, () => {
      if (process.listenerCount(signal) > 1) return;
      process.stderr.write(`error: interrupted by ${signal} [CHORALE_INTERRUPTED]\n`);
      process.exit(interruptedExitCode);
    });
  }
}

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
