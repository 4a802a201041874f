import type { ReviewOutcome } from '../../analysis/stream-reviews.js';
import type { LabelledRow } from './labelled-row.js';

/** Stands for a row without an answer. */
const unanswered = 0xffff;

/** What one variant answered to every row, once: a few bytes a row. */
export class RoundAnswers {
  private readonly answers: Uint16Array;
  private confidences: Float32Array | undefined;
  private shares: Float32Array | undefined;

  constructor(
    private readonly labels: readonly string[],
    readonly rows: number,
  ) {
    this.answers = new Uint16Array(rows).fill(unanswered);
  }

  /** @param position 0-based, among the rows of the experiment */
  record(position: number, { result, labelShares }: ReviewOutcome<LabelledRow>): void {
    const answer = result.sentiment === null ? -1 : this.labels.indexOf(result.sentiment);
    if (answer < 0) return;
    this.answers[position] = answer;
    if (result.confidence !== null) {
      this.confidences ??= new Float32Array(this.rows).fill(Number.NaN);
      this.confidences[position] = result.confidence;
    }
    if (labelShares !== null) {
      this.shares ??= new Float32Array(this.rows * this.labels.length).fill(Number.NaN);
      this.shares.set(labelShares, position * this.labels.length);
    }
  }

  /** The answer's place among the labels; null where there is none. */
  indexAt(position: number): number | null {
    const answer = this.answers[position] ?? unanswered;
    return answer === unanswered ? null : answer;
  }

  /** The answer; null where there is none. */
  answerAt(position: number): string | null {
    return this.labels[this.answers[position] ?? unanswered] ?? null;
  }

  /** 0 to 1; null where the model gave none. */
  confidenceAt(position: number): number | null {
    return known(this.confidences?.[position]);
  }

  /** Shares of the labels, in their order; null where the model gave none. */
  sharesAt(position: number): readonly number[] | null {
    const width = this.labels.length;
    const shares = this.shares?.subarray(position * width, (position + 1) * width);
    return shares === undefined || known(shares[0]) === null ? null : [...shares];
  }

  /** Rows with an answer. */
  get answered(): number {
    return this.answers.reduce((sum, answer) => sum + (answer === unanswered ? 0 : 1), 0);
  }
}

function known(value: number | undefined): number | null {
  return value === undefined || Number.isNaN(value) ? null : value;
}
