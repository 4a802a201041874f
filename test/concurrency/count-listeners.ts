/** Counts the listeners that are on a signal, from now on. */
export function countListeners(signal: AbortSignal): { readonly count: number } {
  const listeners = new Set<unknown>();
  const add = signal.addEventListener.bind(signal);
  const remove = signal.removeEventListener.bind(signal);
  signal.addEventListener = (type: string, listener: unknown, options?: unknown) => {
    listeners.add(listener);
    add(type, listener as never, options as never);
    if (Object(options).once) add(type, () => void listeners.delete(listener), { once: true });
  };
  signal.removeEventListener = (type: string, listener: unknown, options?: unknown) => {
    listeners.delete(listener);
    remove(type, listener as never, options as never);
  };
  return {
    get count() {
      return listeners.size;
    },
  };
}
