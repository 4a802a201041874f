import { closeSync, constants as flags, open, openSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { Socket } from 'node:net';
import { promisify } from 'node:util';
import { onAbort } from '../foundation/abort.js';
import { sleep } from '../foundation/deadlines.js';
import { systemCodeOf } from '../foundation/errors/chorale-error.js';
import { nodeRuntime } from '../foundation/node-runtime.js';

/** Pause before a pipe that nobody reads is looked at again, in milliseconds. */
const lookEveryMs = 50;

/** Whether the path is that of a pipe, by name or open (`/dev/fd/3`). */
export async function isPipe(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined))?.isFIFO() === true;
}

/**
 * Opens a pipe for writing as soon as somebody reads it. Nothing about it waits in a thread: nobody could end that, and the
 * process with it.
 * @throws the signal's reason as soon as it is aborted; what the system says
 */
export async function openPipeToWrite(path: string, signal?: AbortSignal): Promise<Socket> {
  for (;;) {
    signal?.throwIfAborted();
    try {
      const fd = openSync(path, flags.O_WRONLY | flags.O_NONBLOCK);
      return new Socket({ fd, readable: false, writable: true });
    } catch (error) {
      if (systemCodeOf(error) !== 'ENXIO') throw error;
    }
    await sleep(nodeRuntime, lookEveryMs, signal);
  }
}

/**
 * Opens a pipe for reading as soon as somebody writes to it.
 * @throws the signal's reason as soon as it is aborted; what the system says
 */
export async function openPipeToRead(path: string, signal?: AbortSignal): Promise<Socket> {
  const opening = promisify(open)(path, 'r');
  const release = onAbort(signal, () => letReaderIn(path));
  const fd = await opening.finally(release);
  if (signal?.aborted) {
    closeSync(fd);
    throw signal.reason;
  }
  return new Socket({ fd, readable: true, writable: false });
}

/** The thread that waits for a writer goes on when there was one for a moment. */
function letReaderIn(path: string): void {
  try {
    closeSync(openSync(path, flags.O_RDWR | flags.O_NONBLOCK));
  } catch {
    // It is gone, or may not be written: then a second signal ends the process.
  }
}
