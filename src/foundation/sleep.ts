import { onAbort } from './on-abort.js';
import type { Host } from './runtime.js';

/** Resolves after `delayMs`; rejects with the signal's reason as soon as it is aborted. */
export function sleep(host: Host, delayMs: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) {
      reject(signal.reason);
      return;
    }
    const cancel = host.setTimer(delayMs, () => {
      release();
      resolve();
    });
    const release = onAbort(signal, (reason) => {
      cancel();
      reject(reason);
    });
  });
}
