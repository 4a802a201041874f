import { noopObserver, type Observer } from '../../foundation/events/event.js';

/** What a run has done so far. */
export interface Progress {
  readonly done: number;
  /** Null where the input was not counted. */
  readonly total: number | null;
  readonly failed: number;
  /** Of those that are done: nobody was asked. */
  readonly reused: number;
  readonly byLabel: ReadonlyMap<string, number>;
  readonly elapsedMs: number;
  /** What is in work, where that changes. */
  readonly note?: string;
}

/** Shows progress while a run goes on. */
export interface ProgressDisplay {
  /** Something begins that may take long before the first review is done: `loading llama3.2:3b`. */
  begin(step: string): void;
  update(progress: Progress): void;
  /** The run cannot go on without this work, which is none of its reviews: `writing the results`. */
  during<T>(step: string, work: Promise<T>): Promise<T>;
  /** Leaves what was drawn, so that other lines can follow. */
  end(): void;
  /** To be told of the events of agents and hosts: what a run waits for. */
  readonly observer: Observer;
}

/** Shows nothing. */
export const noProgress: ProgressDisplay = {
  begin() {},
  update() {},
  during: (_, work) => work,
  end() {},
  observer: noopObserver,
};
