import type { ChoraleError } from '../foundation/errors/chorale-error.js';
import type { GoldFields } from './fields/gold-field.js';

/** One review to analyse. */
export interface Review {
  /** 0-based row over all inputs, counted before any selection. */
  readonly index: number;
  /** For people. */
  readonly id: string;
  /** Null if the row has no text; blank texts are skipped. */
  readonly text: string | null;
  /** By the names of the columns: what the prompt shows beside the text. @default none */
  readonly columns?: Readonly<Record<string, unknown>> | undefined;
  /** The gold label, where it is known. */
  readonly expected?: string | undefined;
  /** The gold values of other fields than the label, as far as they are known. */
  readonly expectedFields?: GoldFields | undefined;
  /** Why the row cannot be analysed. */
  readonly problem?: ChoraleError | undefined;
  /** About how many characters it keeps in memory, its row included. @default the length of the text */
  readonly size?: number | undefined;
}
