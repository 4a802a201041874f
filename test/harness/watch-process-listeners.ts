/** The listeners on the process that were added by tests. */
export interface ProcessListeners {
  /** Those that exist now are not told. */
  forget(): void;
  /** Those of signals of the system that were forgotten, and still exist, are told again. */
  remember(): void;
  /** Describes those that are left, once, by event. */
  takeLeft(): string[];
}

const emitter: NodeJS.EventEmitter = process;

/** Libraries come and go there with the objects that they want to see closed, when the garbage collector finds it fit. */
const ofLibraries = ['exit', 'beforeExit'];

/** Watches the listeners that are added from now on. */
export function watchProcessListeners(): ProcessListeners {
  /** Listeners of libraries and of the test runner itself, or that were told already. */
  const accepted = new Set(present().map(({ listener }) => listener));
  let forgotten = new Set<unknown>();
  return {
    forget() {
      forgotten = new Set(present().map(({ listener }) => listener));
    },
    remember() {
      // What a library does when it is loaded is its own business, as long as the system's signals have their effect.
      forgotten = new Set(present().flatMap(({ name, listener }) => (name.startsWith('SIG') ? [] : [listener])));
    },
    takeLeft() {
      const counts = new Map<string, number>();
      for (const { name, listener } of present()) {
        if (accepted.has(listener) || forgotten.has(listener)) continue;
        accepted.add(listener);
        counts.set(name, (counts.get(name) ?? 0) + 1);
      }
      return [...counts].map(
        ([name, count]) => `${count} listener${count === 1 ? '' : 's'} on the process for '${name}'`,
      );
    },
  };
}

function present(): { readonly name: string; readonly listener: unknown }[] {
  const names = process
    .eventNames()
    .map(String)
    .filter((name) => !ofLibraries.includes(name));
  return names.flatMap((name) => emitter.rawListeners(name).map((listener) => ({ name, listener })));
}
