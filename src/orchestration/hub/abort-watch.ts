/**
 * Calls back when signals are aborted. However many wait for the same signal, it gets one listener: Node would warn of a
 * leak at the eleventh.
 */
export class AbortWatch {
  private readonly watched = new Map<
    AbortSignal,
    { readonly callbacks: Set<() => void>; readonly listener: () => void }
  >();

  /** Calls back once; the returned function, which may be called at any time, ends the watch. */
  add(signal: AbortSignal, callback: () => void): () => void {
    const { callbacks } = this.watched.get(signal) ?? this.listen(signal);
    callbacks.add(callback);
    return () => {
      callbacks.delete(callback);
      if (callbacks.size === 0) this.leave(signal);
    };
  }

  private listen(signal: AbortSignal) {
    const callbacks = new Set<() => void>();
    const listener = () => {
      this.leave(signal);
      for (const callback of callbacks) callback();
    };
    const entry = { callbacks, listener };
    this.watched.set(signal, entry);
    signal.addEventListener('abort', listener, { once: true });
    return entry;
  }

  private leave(signal: AbortSignal): void {
    const entry = this.watched.get(signal);
    if (!entry) return;
    this.watched.delete(signal);
    signal.removeEventListener('abort', entry.listener);
  }
}
