import { callingFile, describePlace, type Place, placeOf } from './places.js';

/** The listeners on the abort signals of those who call the library: such a signal may live on after the call. */
export interface AbortListeners {
  /** Those that exist now are not told. */
  forget(): void;
  /** Those that were forgotten and still exist are told again. */
  remember(): void;
  /** Describes those that are left on signals that were never aborted, once. */
  takeLeft(): string[];
}

interface AbortListener {
  readonly place: Place;
  /** Its end takes the listener off. */
  readonly until: AbortSignal | undefined;
  forgotten: boolean;
}

/** Whoever makes a signal in one of these calls the library; the signals that it makes itself end with the call. */
const callers = ['test/', 'src/testing/'];

/** Watches the signals of controllers that callers make from now on. */
export function watchAbortListeners(): AbortListeners {
  const made = new WeakMap<AbortSignal, Place>();
  const listeners = new Map<AbortSignal, Map<unknown, AbortListener>>();
  noteControllers(made);
  noteListeners(made, listeners);

  const each = function* () {
    for (const [signal, bySignal] of listeners) {
      for (const [key, listener] of bySignal) yield { signal, bySignal, key, listener };
    }
  };
  const drop = ({
    signal,
    bySignal,
    key,
  }: {
    signal: AbortSignal;
    bySignal: Map<unknown, AbortListener>;
    key: unknown;
  }) => {
    bySignal.delete(key);
    if (bySignal.size === 0) listeners.delete(signal);
  };
  const isGone = (signal: AbortSignal, { until }: AbortListener) => signal.aborted || until?.aborted === true;
  return {
    forget() {
      for (const entry of each()) {
        if (isGone(entry.signal, entry.listener)) drop(entry);
        else entry.listener.forgotten = true;
      }
    },
    remember() {
      for (const { listener } of each()) listener.forgotten = false;
    },
    takeLeft() {
      const left: string[] = [];
      for (const entry of each()) {
        const { signal, listener } = entry;
        if (listener.forgotten) continue;
        // What was reported, or is nobody's business, is not looked at again: there would be more with every test.
        drop(entry);
        const maker = made.get(signal);
        if (isGone(signal, listener) || !maker) continue;
        left.push(
          `a listener on an AbortSignal, added ${describePlace(listener.place)}; the signal was made ${describePlace(maker)}`,
        );
      }
      return left;
    },
  };
}

function isCaller(file: string | undefined): boolean {
  return callers.some((folder) => file?.startsWith(folder));
}

function noteControllers(made: WeakMap<AbortSignal, Place>): void {
  const construct = (target: typeof AbortController, args: unknown[], newTarget: NewableFunction) => {
    const controller: AbortController = Reflect.construct(target, args, newTarget);
    if (isCaller(callingFile(construct))) made.set(controller.signal, placeOf(construct));
    return controller;
  };
  globalThis.AbortController = new Proxy(globalThis.AbortController, { construct });
}

function noteListeners(
  made: WeakMap<AbortSignal, Place>,
  listeners: Map<AbortSignal, Map<unknown, AbortListener>>,
): void {
  const { addEventListener, removeEventListener } = EventTarget.prototype;
  const patches: Pick<EventTarget, 'addEventListener' | 'removeEventListener'> & ThisType<AbortSignal> = {
    addEventListener(type, listener, options) {
      Reflect.apply(addEventListener, this, [type, listener, options]);
      if (type !== 'abort' || !made.has(this) || this.aborted) return;
      const bySignal = listeners.get(this) ?? new Map<unknown, AbortListener>();
      listeners.set(this, bySignal);
      const until = typeof options === 'object' ? options.signal : undefined;
      if (!bySignal.has(listener)) {
        bySignal.set(listener, { place: placeOf(patches.addEventListener), until, forgotten: false });
      }
    },
    removeEventListener(type, listener, options) {
      Reflect.apply(removeEventListener, this, [type, listener, options]);
      if (type === 'abort') listeners.get(this)?.delete(listener);
    },
  };
  Object.assign(AbortSignal.prototype, patches);
}
