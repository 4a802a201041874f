import { openWriter, type ResultWriter, type Row, StdoutClosedError } from '../../dataset/index.js';
import { type ReviewResult, resultFields } from '../../sentiment/index.js';
import type { OutputTarget } from '../parse-values.js';

/** All results files of a run. */
export class Outputs {
  private constructor(private readonly writers: ResultWriter[]) {}

  /** @throws OutputError, ColumnError */
  static async open(targets: readonly OutputTarget[], columns: readonly string[]): Promise<Outputs> {
    const writers: ResultWriter[] = [];
    try {
      for (const target of targets) {
        writers.push(await openWriter({ ...target, columns, fieldNames: resultFields, stdout: process.stdout }));
      }
    } catch (error) {
      await Promise.all(writers.map((writer) => writer.abort()));
      throw error;
    }
    return new Outputs(writers);
  }

  /** @throws StdoutClosedError when the reader of the only output went away; OutputError */
  async write(row: Row, result: ReviewResult): Promise<void> {
    await this.each(async (writer) => writer.write(row, { ...result }));
  }

  /** Writes what is pending and closes everything. */
  async end(): Promise<void> {
    await this.each((writer) => writer.end());
  }

  private async each(action: (writer: ResultWriter) => Promise<void>): Promise<void> {
    for (const writer of [...this.writers]) {
      try {
        await action(writer);
      } catch (error) {
        if (!(error instanceof StdoutClosedError)) throw error;
        this.writers.splice(this.writers.indexOf(writer), 1);
        if (this.writers.length === 0) throw error;
      }
    }
  }
}
