import type { Runtime } from '../../foundation/runtime.js';
import { LeaseError } from './graph-errors.js';

/**
 * Renews a lease at intervals until it is told to stop. A renewal that fails for another reason than the loss of the
 * lease is tried again next time.
 * @returns stops the renewals
 */
export function keepLease(
  runtime: Runtime,
  everyMs: number,
  renew: () => Promise<void>,
  onLost: (error: LeaseError) => void,
): () => void {
  let stopped = false;
  let cancel = () => {};
  const renewOnce = async () => {
    try {
      await renew();
    } catch (error) {
      if (error instanceof LeaseError && !stopped) {
        stopped = true;
        onLost(error);
      }
    }
    if (!stopped) wait();
  };
  const wait = () => {
    cancel = runtime.setTimer(everyMs, () => void renewOnce());
  };
  wait();
  return () => {
    stopped = true;
    cancel();
  };
}
