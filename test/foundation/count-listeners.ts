/** Counts the listeners that are on a signal, from now on. */
export function countListeners(signal: AbortSignal): { readonly count: number } {
  const listeners = new Map<unknown, { readonly once: boolean }>();
  const add = signal.addEventListener.bind(signal);
  const remove = signal.removeEventListener.bind(signal);
  signal.addEventListener = (type: string, listener: unknown, options?: unknown) => {
    listeners.set(listener, { once: Object(options).once === true });
    add(type, listener as never, options as never);
  };
  signal.removeEventListener = (type: string, listener: unknown, options?: unknown) => {
    listeners.delete(listener);
    remove(type, listener as never, options as never);
  };
  return {
    get count() {
      return [...listeners.values()].filter(({ once }) => !(once && signal.aborted)).length;
    },
  };
}
