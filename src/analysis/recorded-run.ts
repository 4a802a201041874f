import type { BegunRun, RunStore } from './run-store.js';

/** A run that has begun in a store. Who began it ends it, once the outcomes have been read. */
export interface RecordedRun {
  readonly store: RunStore;
  readonly begun: BegunRun;
  /** The same text is asked once. As in `begin`. @default true */
  readonly cache?: boolean | undefined;
}
