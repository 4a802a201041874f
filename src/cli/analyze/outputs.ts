import { type ReviewResult, resultFields, resultTypes } from '../../analysis/review-result.js';
import { StdoutClosedError } from '../../data/data-errors.js';
import { openWriter } from '../../data/open-writer.js';
import type { ResultFields, ResultWriter } from '../../data/result-text.js';
import type { Row } from '../../data/row.js';
import type { OutputStream } from '../io.js';
import type { OutputTarget } from '../options/option-types.js';
import { type ProbabilityTarget, probabilityFields, probabilityTable } from '../probability-fields.js';
import type { OpenInput } from './open-input.js';

/** What is written of a review. */
interface WrittenOutcome {
  readonly row: Row;
  readonly result: ReviewResult;
  readonly expected: string | undefined;
  /** Label probabilities; null where they are not known. */
  readonly probabilities: readonly number[] | null;
}

interface Destination {
  readonly writer: ResultWriter;
  readonly fieldsOf: (outcome: WrittenOutcome) => ResultFields;
}

/** All results files of a run. What they hold stays until the first row is written. */
export class Outputs {
  private isBegun = false;

  private constructor(private readonly destinations: Destination[]) {}

  /**
   * @param ofLabels the file of the label probabilities
   * @param onFailure called as soon as results can no longer be written
   * @param signal ends the wait for the reader of a pipe
   * @throws OutputError, ColumnError; the signal's reason
   */
  static async open(
    targets: readonly OutputTarget[],
    ofLabels: ProbabilityTarget | undefined,
    { columns, types, metadata, mark }: OpenInput,
    onFailure: (error: unknown) => void,
    stdout: OutputStream,
    signal?: AbortSignal,
  ): Promise<Outputs> {
    const destinations: Destination[] = [];
    const common = { stdout, signal, onFailure: unlessClosed(onFailure) };
    const table = { columns, types, metadata, mark, fieldNames: resultFields, fieldTypes: resultTypes };
    try {
      for (const target of targets) {
        const writer = await openWriter({ ...target, ...table, ...common });
        destinations.push({ writer, fieldsOf: ({ result }) => result });
      }
      if (ofLabels) {
        const writer = await openWriter({ ...probabilityTable(ofLabels), ...common });
        const fieldsOf = ({ result, expected, probabilities }: WrittenOutcome) =>
          probabilityFields(result, expected, ofLabels.labels, probabilities);
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
  write(outcome: WrittenOutcome): Promise<unknown> | undefined {
    this.isBegun = true;
    const behind: Promise<void>[] = [];
    for (const destination of this.destinations) {
      const writing = destination.writer.write(outcome.row, destination.fieldsOf(outcome));
      if (writing) behind.push(writing.catch((error) => this.leave(destination, error)));
    }
    return behind.length > 0 ? Promise.all(behind) : undefined;
  }

  /** Drops an output whose reader is gone, as long as there is another output. */
  private leave(destination: Destination, error: unknown): void {
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

/** A reader of stdout that went away is not a failure of the other outputs. */
function unlessClosed(onFailure: (error: unknown) => void): (error: unknown) => void {
  return (error) => {
    if (!(error instanceof StdoutClosedError)) onFailure(error);
  };
}
