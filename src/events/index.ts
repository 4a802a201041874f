export { combineObservers } from './combine.js';
export { createEmit, type Emit } from './emitter.js';
export type { Event, EventData, EventType, Failure } from './event.js';
export { guard } from './guard.js';
export { noopObserver, type Observer } from './observer.js';
export { type PinoObserver, type PinoObserverOptions, pinoObserver } from './pino-observer.js';
export { getObserver, registerObserver } from './registry.js';
export { textObserver } from './text-observer.js';
export type { Warn } from './warn.js';
