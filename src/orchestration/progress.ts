/**
 * Told after each success. `completed` counts 1, 2, 3, … without gaps; `total` is the number of items, or, for
 * an input that is not an array, of those read so far; `latest` is the
 * value (of a parallel run) or the state (of a chain) that has just been reached. One that throws is dropped.
 */
export type ProgressCallback<R> = (completed: number, total: number, latest: R) => void;
