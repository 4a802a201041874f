import { type ReviewResult, resultFields, resultTypes } from '../../analysis/review-result.js';
import { StdoutClosedError } from '../../data/data-errors.js';
import { openWriter } from '../../data/open-writer.js';
import type { ResultWriter } from '../../data/result-text.js';
import type { Row } from '../../data/row.js';
import type { OutputStream } from '../io.js';
import type { OutputTarget } from '../options/option-types.js';
import type { OpenInput } from './open-input.js';

/** All results files of a run. What they hold stays until the first row is written. */
export class Outputs {
  private isBegun = false;

  private constructor(private readonly writers: ResultWriter[]) {}

  /**
   * @param onFailure told at once that results can no longer be written
   * @param signal ends the waiting for somebody who reads a pipe
   * @throws OutputError, ColumnError; the signal's reason
   */
  static async open(
    targets: readonly OutputTarget[],
    { columns, types, metadata, mark }: OpenInput,
    onFailure: (error: unknown) => void,
    stdout: OutputStream,
    signal?: AbortSignal,
  ): Promise<Outputs> {
    const writers: ResultWriter[] = [];
    try {
      for (const target of targets) {
        const table = { columns, types, metadata, mark, fieldNames: resultFields, fieldTypes: resultTypes };
        const options = { ...target, ...table, stdout, signal };
        writers.push(await openWriter({ ...options, onFailure: unlessClosed(onFailure) }));
      }
    } catch (error) {
      await Promise.all(writers.map((writer) => writer.abort()));
      throw error;
    }
    return new Outputs(writers);
  }

  /**
   * Adds one row to every output. A promise means that one of them is behind: await it before the next call. It rejects
   * with a StdoutClosedError when the reader of the only output went away, and with an OutputError.
   */
  write(row: Row, result: ReviewResult): Promise<unknown> | undefined {
    this.isBegun = true;
    const behind: Promise<void>[] = [];
    for (const writer of this.writers) {
      const writing = writer.write(row, result);
      if (writing) behind.push(writing.catch((error) => this.leave(writer, error)));
    }
    return behind.length > 0 ? Promise.all(behind) : undefined;
  }

  /** Goes on without an output that nobody reads any more, as long as there is another one. */
  private leave(writer: ResultWriter, error: unknown): void {
    if (!(error instanceof StdoutClosedError)) throw error;
    this.writers.splice(this.writers.indexOf(writer), 1);
    if (this.writers.length === 0) throw error;
  }

  /**
   * Writes what is pending and closes everything, also where one of them fails.
   * @param isStopped the run came to no end: where it has written no row, the earlier results stay
   * @throws as `write`
   */
  async end(isStopped: boolean): Promise<void> {
    const isKept = isStopped && !this.isBegun;
    const ends = await Promise.allSettled(this.writers.map((writer) => (isKept ? writer.abort() : writer.end())));
    const failures = ends.flatMap((end) => (end.status === 'rejected' ? [end.reason] : []));
    const failure = failures.find((error) => !(error instanceof StdoutClosedError));
    if (failure !== undefined) throw failure;
    if (failures.length > 0 && failures.length === ends.length) throw failures[0];
  }
}

/** A reader of stdout that went away is no failure of the other outputs. */
function unlessClosed(onFailure: (error: unknown) => void): (error: unknown) => void {
  return (error) => {
    if (!(error instanceof StdoutClosedError)) onFailure(error);
  };
}
