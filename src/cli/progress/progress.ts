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
  update(progress: Progress): void;
  /** Clears what was drawn, so that other lines can follow. */
  end(): void;
}

/** Shows nothing. */
export const noProgress: ProgressDisplay = { update() {}, end() {} };
