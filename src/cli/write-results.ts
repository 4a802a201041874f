import { StdoutClosedError } from '../data/data-errors.js';
import { openWriter } from '../data/open-writer.js';
import type { ResultFields, ResultWriter, WriterTarget } from '../data/result-text.js';
import type { Row } from '../data/row.js';

type Streams = Pick<WriterTarget, 'stdout' | 'signal' | 'onFailure'>;

/** One output: where it goes, what it looks like, and what is written of an outcome. */
export interface OutputTable<T> {
  readonly target: Omit<WriterTarget, keyof Streams>;
  readonly fieldsOf: (outcome: T) => ResultFields;
}

interface Destination<T> {
  readonly writer: ResultWriter;
  readonly fieldsOf: OutputTable<T>['fieldsOf'];
}

/** All results files of a run. What they hold stays until the first row is written. */
export class Outputs<T extends { readonly row: Row }> {
  private isBegun = false;

  private constructor(private readonly destinations: Destination<T>[]) {}

  /** @throws OutputError, ColumnError; the signal's reason */
  static async open<T extends { readonly row: Row }>(
    tables: readonly OutputTable<T>[],
    { onFailure, ...streams }: Streams,
  ): Promise<Outputs<T>> {
    const unlessClosed = (error: unknown) => {
      // A reader of stdout that went away is not a failure of the other outputs.
      if (!(error instanceof StdoutClosedError)) onFailure?.(error);
    };
    const destinations: Destination<T>[] = [];
    try {
      for (const { target, fieldsOf } of tables) {
        const writer = await openWriter({ ...target, ...streams, onFailure: unlessClosed });
        destinations.push({ writer, fieldsOf });
      }
    } catch (error) {
      await Promise.all(destinations.map(({ writer }) => writer.abort()));
      throw error;
    }
    return new Outputs(destinations);
  }

  /**
   * Adds one row to every output. A promise means that one of them is behind: await it before the next call. It rejects
   * with a StdoutClosedError when the reader of the only output went away, and with an OutputError.
   */
  write(outcome: T): Promise<unknown> | undefined {
    this.isBegun = true;
    const behind: Promise<void>[] = [];
    for (const destination of this.destinations) {
      const writing = destination.writer.write(outcome.row, destination.fieldsOf(outcome));
      if (writing) behind.push(writing.catch((error) => this.leave(destination, error)));
    }
    return behind.length > 0 ? Promise.all(behind) : undefined;
  }

  /** Drops an output whose reader is gone, as long as there is another output. */
  private leave(destination: Destination<T>, error: unknown): void {
    if (!(error instanceof StdoutClosedError)) throw error;
    this.destinations.splice(this.destinations.indexOf(destination), 1);
    if (this.destinations.length === 0) throw error;
  }

  /**
   * Writes what is pending and closes everything, also where one of them fails.
   * @param isStopped the run came to no end: where it has written no row, the earlier results stay
   * @throws as `write`
   */
  async end(isStopped: boolean): Promise<void> {
    const isKept = isStopped && !this.isBegun;
    const writers = this.destinations.map(({ writer }) => writer);
    const ends = await Promise.allSettled(writers.map((writer) => (isKept ? writer.abort() : writer.end())));
    const failures = ends.flatMap((end) => (end.status === 'rejected' ? [end.reason] : []));
    const failure = failures.find((error) => !(error instanceof StdoutClosedError));
    if (failure !== undefined) throw failure;
    if (failures.length > 0 && failures.length === ends.length) throw failures[0];
  }
}
