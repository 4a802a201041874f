import { resultFields } from '../../analysis/review-result.js';
import type { ReviewOutcome } from '../../analysis/stream-reviews.js';
import { openWriter } from '../../data/open-writer.js';
import type { ResultWriter } from '../../data/result-text.js';
import type { Row } from '../../data/row.js';
import type { Variant } from '../../evaluate/experiment/experiment-plan.js';
import type { SuspectedLabelError } from '../../evaluate/experiment/experiment-result.js';
import type { LabelledRow } from '../../evaluate/experiment/labelled-rows.js';
import type { AnswerTable } from '../../evaluate/experiment/variant-answers.js';
import type { OutputStream } from '../io.js';
import type { OutputTarget } from '../options/option-types.js';
import { type ProbabilityTarget, probabilityFields, probabilityTable } from '../probability-fields.js';

const answerFields = ['variant', 'repeat', 'expected', ...resultFields] as const;

/** The files of `--out` and `--out-probabilities`: every answer of every variant, one below the other. What they hold stays until there is one. */
export class AnswerOutputs {
  private isBegun = false;

  private constructor(
    private readonly writers: readonly ResultWriter[],
    private readonly ofLabels: (ProbabilityTarget & { readonly writer: ResultWriter }) | undefined,
    private readonly columns: readonly string[],
    private readonly path: string,
  ) {}

  /**
   * @param probabilities the file of the label probabilities
   * @param textColumn name of the column of the text, which comes first
   * @param signal ends the wait for the reader of a pipe
   */
  static async open(
    targets: readonly OutputTarget[],
    probabilities: ProbabilityTarget | undefined,
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
      if (!probabilities) return new AnswerOutputs(writers, undefined, columns, path);
      const writer = await openWriter({ ...probabilityTable(probabilities, ['variant', 'repeat']), signal });
      return new AnswerOutputs(writers, { ...probabilities, writer }, columns, path);
    } catch (error) {
      await Promise.all(writers.map((writer) => writer.abort()));
      throw error;
    }
  }

  async write(variant: Variant, repeat: number, outcome: ReviewOutcome<LabelledRow>): Promise<void> {
    const { writers, ofLabels } = this;
    if (writers.length === 0 && !ofLabels) return;
    this.isBegun = true;
    const { review, result, labelShares } = outcome;
    const { expected } = review;
    const place = { variant: variant.name, repeat };
    const source = rowOf(review, this.columns, this.path);
    for (const writer of writers) await writer.write(source, { ...place, expected, ...result });
    if (!ofLabels) return;
    const fields = probabilityFields(result, expected, ofLabels.labels, labelShares);
    await ofLabels.writer.write(source, { ...place, ...fields });
  }

  /** @param isStopped the experiment came to no end: where it has no answer, the earlier ones stay */
  async end(isStopped: boolean): Promise<void> {
    const isKept = isStopped && !this.isBegun;
    const all = this.ofLabels ? [...this.writers, this.ofLabels.writer] : this.writers;
    for (const writer of all) await (isKept ? writer.abort() : writer.end());
  }
}

/** Writes the suspected label errors. */
export async function writeDoubtfulLabels(
  target: OutputTarget,
  suspected: readonly SuspectedLabelError[],
  answers: AnswerTable,
  textColumn: string,
  path: string,
): Promise<void> {
  const columns = [textColumn];
  const fieldNames = ['index', 'id', 'expected', 'answered', 'variants', 'mean_confidence'];
  const writer = await openWriter({ ...target, columns, fieldNames });
  const byIndex = new Map(answers.rows.map((row) => [row.index, row]));
  for (const { variants, ...fields } of suspected) {
    const row = byIndex.get(fields.index);
    if (row) await writer.write(rowOf(row, columns, path), { ...fields, variants: variants.join('; ') });
  }
  await writer.end();
}

function rowOf({ index, text }: LabelledRow, columns: readonly string[], path: string): Row {
  return { index, place: { path, line: index + 2 }, columns, cells: [text], problem: null, source: null };
}
