import { ChoraleError, defineErrors, type Remedy, renderRemedy } from '../../foundation/errors/chorale-error.js';

/** The predictions in one file, whatever tool made them. */
export interface PredictionFile {
  /** As it was named. */
  readonly path: string;
  /** One for each classifier; empty if the file has gold labels only. */
  readonly sets: readonly PredictionSet[];
  readonly gold: readonly GoldEntry[];
  /** Rows that cannot be read. */
  readonly unreadable: number;
}

/** The predictions of one classifier. */
export interface PredictionSet {
  /** Short; unique within its file. */
  readonly name: string;
  /** Where they stand, as in `column prediction`. */
  readonly source: string;
  /** Whether a prediction is the text that a model wrote, in which the label stands. */
  readonly isFreeText: boolean;
  readonly predictions: readonly Prediction[];
}

interface Prediction {
  readonly id: string;
  /** Null if the classifier failed, or the cell is blank. */
  readonly value: string | null;
  /** 0 to 1; null if it is not known. */
  readonly confidence: number | null;
}

interface GoldEntry {
  readonly id: string;
  /** Null if there is none. */
  readonly value: string | null;
  /** Null if the file has none. */
  readonly text: string | null;
}

/** Which columns mean what, and what is read of a prediction. */
export interface PredictionColumns {
  /** @default a column with the usual name; row numbers where there is only one file */
  readonly id?: string | undefined;
  readonly gold?: string | undefined;
  /** Each is a classifier. @default the first column with a usual name */
  readonly predictions?: readonly string[] | undefined;
  /** A field of answers with several. */
  readonly field?: string | undefined;
  /** @default a column with a usual name, if there is one */
  readonly text?: string | undefined;
  /** Cells that count as blank, folded, beside those in which nothing can be seen. */
  readonly blank: ReadonlySet<string>;
  /** Whether rows may be numbered where there is no id. */
  readonly mayNumberRows: boolean;
}

export const comparisonErrors = defineErrors({
  CHORALE_COMPARISON: {
    exitCode: 2,
    retryable: false,
    summary: 'Predictions or annotations cannot be compared.',
  },
});

declare module '../../foundation/errors/chorale-error.js' {
  interface ErrorCatalogue extends Readonly<typeof comparisonErrors> {}
}

/** Predictions or annotations cannot be compared. */
export class ComparisonError extends ChoraleError {
  readonly code = 'CHORALE_COMPARISON';
  constructor(
    readonly problem: string,
    readonly remedy: Remedy,
  ) {
    super(`${problem}; ${renderRemedy(remedy)}`);
  }
}
