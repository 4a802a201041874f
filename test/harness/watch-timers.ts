import { syncBuiltinESMExports } from 'node:module';
import nodeTimers from 'node:timers';
import timerPromises from 'node:timers/promises';
import { describePlace, type Place, placeOf } from './places.js';

/** The timers and immediates of this process that keep it alive. */
export interface Timers {
  /** Those that exist now are not told. */
  forget(): void;
  /** Those that were forgotten and still exist are told again. */
  remember(): void;
  /** Waits for those that end so soon that it is not worth a word. */
  settle(): Promise<void>;
  /** Describes those that are left, once. */
  takeLeft(): string[];
}

interface Timer {
  readonly what: string;
  readonly place: Place;
  /** It ends by itself, and soon. */
  readonly brief: boolean;
  isActive(): boolean;
}

/** Timers up to this are waited for: a turn of the event loop more, as libraries take it. */
const briefMs = 20;
/** Timers that have ended are dropped when there are more than this. */
const leastKept = 500;
/** How long brief timers are waited for when they set others again and again. */
const patienceMs = 500;

/** Watches the timers of `globalThis`, `node:timers` and `node:timers/promises`; fake ones are not seen. */
export function watchTimers(): Timers {
  const timers = new Set<Timer>();
  const forgotten = new Set<Timer>();
  const { setTimeout, setInterval, setImmediate } = globalThis;
  const dropEnded = () => {
    for (const timer of timers) {
      if (timer.isActive()) continue;
      timers.delete(timer);
      forgotten.delete(timer);
    }
  };
  let roomFor = leastKept;
  const add = (what: string, place: Place, brief: boolean, isActive: () => boolean) => {
    const timer = { what, place, brief, isActive };
    timers.add(timer);
    if (timers.size >= roomFor) {
      dropEnded();
      roomFor = 2 * timers.size + leastKept;
    }
    return timer;
  };
  const patches = {
    setTimeout: patched(setTimeout, (timer, place, [, ms]) =>
      add(`a timer of ${ms ?? 0} ms`, place, isBrief(ms), () => isPending(timer)),
    ),
    setInterval: patched(setInterval, (timer, place, [, ms]) =>
      add(`an interval of ${ms ?? 0} ms`, place, false, () => isPending(timer)),
    ),
    setImmediate: patched(setImmediate, (timer, place) => add('an immediate', place, true, () => isPending(timer))),
  };
  Object.assign(globalThis, patches);
  Object.assign(nodeTimers, patches);
  timerPromises.setTimeout = patched(timerPromises.setTimeout, (promise, place, [ms, , options]) => {
    if (options?.ref === false) return;
    let pending = true;
    const timer = add(`a timer of ${ms ?? 0} ms`, place, isBrief(ms), () => pending);
    const done = () => {
      pending = false;
      timers.delete(timer);
    };
    promise.then(done, done);
  });
  syncBuiltinESMExports();

  const left = () => [...timers].filter((timer) => !forgotten.has(timer) && timer.isActive());
  return {
    forget() {
      dropEnded();
      for (const timer of timers) forgotten.add(timer);
    },
    remember: () => forgotten.clear(),
    async settle() {
      const deadline = performance.now() + patienceMs;
      while (left().some(({ brief }) => brief) && performance.now() < deadline) {
        await new Promise<void>((resolve) => void setTimeout(resolve, 2));
      }
    },
    takeLeft() {
      const found = left();
      for (const timer of found) timers.delete(timer);
      return found.map(({ what, place }) => `${what}, set ${describePlace(place)}`);
    },
  };
}

/** The same function, after whose calls `note` is told what came of them. */
function patched<F extends (...args: never[]) => unknown>(
  original: F,
  note: (made: ReturnType<F>, place: Place, args: Parameters<F>) => unknown,
): F {
  const apply = (target: F, self: unknown, args: Parameters<F>) => {
    const made = Reflect.apply(target, self, args) as ReturnType<F>;
    note(made, placeOf(apply), args);
    return made;
  };
  return new Proxy(original, { apply });
}

function isBrief(ms: unknown): boolean {
  return !(Number(ms) > briefMs);
}

/** Unreferenced timers keep nothing alive, and are nobody's business. */
function isPending(timer: NodeJS.Timeout | NodeJS.Immediate): boolean {
  return timer.hasRef() && Reflect.get(timer, '_destroyed') !== true;
}
