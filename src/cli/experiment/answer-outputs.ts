import { type ReviewResult, resultFields } from '../../analysis/review-result.js';
import { openWriter } from '../../data/open-writer.js';
import type { ResultWriter } from '../../data/result-text.js';
import type { Row } from '../../data/row.js';
import type { Variant } from '../../evaluate/experiment/experiment-plan.js';
import type { SuspectedLabelError } from '../../evaluate/experiment/experiment-result.js';
import type { LabelledRow } from '../../evaluate/experiment/labelled-rows.js';
import type { AnswerTable } from '../../evaluate/experiment/variant-answers.js';
import type { OutputStream } from '../io.js';
import type { OutputTarget } from '../options/option-types.js';

const answerFields = ['variant', 'repeat', 'expected', ...resultFields] as const;

/** The files of `--out`: every answer of every variant, one below the other. What they hold stays until there is one. */
export class AnswerOutputs {
  private isBegun = false;

  private constructor(
    private readonly writers: readonly ResultWriter[],
    private readonly columns: readonly string[],
    private readonly path: string,
  ) {}

  /**
   * @param textColumn name of the column of the text, which comes first
   * @param signal ends the waiting for somebody who reads a pipe
   */
  static async open(
    targets: readonly OutputTarget[],
    textColumn: string,
    path: string,
    stdout: OutputStream,
    signal: AbortSignal,
  ): Promise<AnswerOutputs> {
    const columns = [textColumn];
    const writers: ResultWriter[] = [];
    try {
      for (const target of targets) {
        writers.push(await openWriter({ ...target, columns, fieldNames: answerFields, stdout, signal }));
      }
    } catch (error) {
      await Promise.all(writers.map((writer) => writer.abort()));
      throw error;
    }
    return new AnswerOutputs(writers, columns, path);
  }

  async write(variant: Variant, repeat: number, row: LabelledRow, result: ReviewResult): Promise<void> {
    if (this.writers.length === 0) return;
    this.isBegun = true;
    const fields = { variant: variant.name, repeat, expected: row.expected, ...result };
    const source = rowOf(row, this.columns, this.path);
    for (const writer of this.writers) await writer.write(source, fields);
  }

  /** @param isStopped the experiment came to no end: where it has no answer, the earlier ones stay */
  async end(isStopped: boolean): Promise<void> {
    const isKept = isStopped && !this.isBegun;
    for (const writer of this.writers) await (isKept ? writer.abort() : writer.end());
  }
}

/** Writes the rows whose label looks wrong. */
export async function writeDoubtfulLabels(
  target: OutputTarget,
  doubtful: readonly SuspectedLabelError[],
  answers: AnswerTable,
  textColumn: string,
  path: string,
): Promise<void> {
  const columns = [textColumn];
  const fieldNames = ['index', 'id', 'expected', 'answered', 'variants', 'mean_confidence'];
  const writer = await openWriter({ ...target, columns, fieldNames });
  const byIndex = new Map(answers.rows.map((row) => [row.index, row]));
  for (const { variants, ...fields } of doubtful) {
    const row = byIndex.get(fields.index);
    if (row) await writer.write(rowOf(row, columns, path), { ...fields, variants: variants.join('; ') });
  }
  await writer.end();
}

function rowOf({ index, text }: LabelledRow, columns: readonly string[], path: string): Row {
  return { index, place: { path, line: index + 2 }, columns, cells: [text], problem: null, source: null };
}
