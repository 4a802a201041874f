interface Watch {
  readonly callbacks: Set<(reason: unknown) => void>;
  readonly listener: () => void;
}

const watches = new WeakMap<AbortSignal, Watch>();

/**
 * Calls back once when the signal is aborted; at once where it is already. However many wait for the same signal, it has
 * one listener: Node would warn of a leak at the eleventh.
 * @param signal absent for one that is never aborted
 * @returns ends the wait, and may be called at any time; to be called in a `finally`
 */
export function onAbort(signal: AbortSignal | undefined, callback: (reason: unknown) => void): () => void {
  if (!signal) return nothing;
  if (signal.aborted) {
    callback(signal.reason);
    return nothing;
  }
  // A function of its own, so that two waits with the same callback are two.
  const called = (reason: unknown) => callback(reason);
  const { callbacks } = watches.get(signal) ?? listen(signal);
  callbacks.add(called);
  return () => {
    callbacks.delete(called);
    if (callbacks.size === 0) leave(signal, callbacks);
  };
}

function listen(signal: AbortSignal): Watch {
  const callbacks: Watch['callbacks'] = new Set();
  const listener = () => {
    leave(signal, callbacks);
    for (const callback of callbacks) callback(signal.reason);
  };
  const watch = { callbacks, listener };
  watches.set(signal, watch);
  signal.addEventListener('abort', listener);
  return watch;
}

function leave(signal: AbortSignal, callbacks: Watch['callbacks']): void {
  const watch = watches.get(signal);
  if (watch?.callbacks !== callbacks) return;
  watches.delete(signal);
  signal.removeEventListener('abort', watch.listener);
}

function nothing(): void {}
