import type { FieldSpec, FieldValue, ListField } from '../../classify/fields/field-spec.js';
import { ConfusionMatrix, scoreConfusion } from '../../foundation/statistics/classification-scores.js';
import { type ItemScores, ItemScoreTally } from '../../foundation/statistics/item-scores.js';
import { macroF1Interval } from '../../foundation/statistics/macro-f1-interval.js';
import { NumberScoreTally } from '../../foundation/statistics/number-scores.js';
import { wilsonInterval } from '../../foundation/statistics/proportions.js';
import { seededRandom } from '../../foundation/statistics/random-variates.js';
import { confusionSummary } from '../label-comparison.js';
import { chosenOf, comparedValue, entryKeys } from './field-keys.js';

/** Compares the answers in one field with gold values, in memory that does not grow with the number of rows. */
export interface FieldComparison {
  /** Counts one row. @param answered undefined if it failed: that is a wrong answer */
  add(gold: FieldValue, answered: FieldValue | undefined): void;
  /** The metrics, by the keys of the JSON output. */
  summary(): object;
}

/** The comparison of a field of this type; undefined if its values cannot be compared. */
export function fieldComparison(field: FieldSpec): FieldComparison | undefined {
  switch (field.type) {
    case 'enum':
      return new ChoiceComparison(field.values);
    case 'boolean':
      return new ChoiceComparison(['true', 'false']);
    case 'enums':
      return new ChoicesComparison(field.values);
    case 'number':
    case 'integer':
      return new NumberComparison();
    case 'string':
      return new TextComparison();
    case 'list':
      return new ListComparison(field);
    case 'json':
      return undefined;
  }
}

class ChoiceComparison implements FieldComparison {
  private readonly matrix: ConfusionMatrix;

  constructor(values: readonly string[]) {
    this.matrix = new ConfusionMatrix(values);
  }

  add(gold: FieldValue, answered: FieldValue | undefined): void {
    this.matrix.add(String(gold), answered === undefined ? null : String(answered));
  }

  summary(): object {
    const { matrix } = this;
    const scores = scoreConfusion(matrix);
    return {
      gold_rows: scores.rows,
      gold_rows_failed: matrix.unanswered.reduce((sum, count) => sum + count, 0),
      ...confusionSummary(matrix, scores, macroF1Interval(matrix, seededRandom(1))),
    };
  }
}

class ChoicesComparison implements FieldComparison {
  private readonly tally: ItemScoreTally;

  constructor(values: readonly string[]) {
    this.tally = new ItemScoreTally(values);
  }

  add(gold: FieldValue, answered: FieldValue | undefined): void {
    this.tally.add(chosenOf(gold), answered === undefined ? null : chosenOf(answered));
  }

  summary(): object {
    const scores = this.tally.scores();
    return {
      ...listQuality(scores),
      micro_f1: scores.microF1,
      micro_f1_interval: scores.microF1Interval,
      macro_f1: scores.macroF1,
      macro_f1_interval: scores.macroF1Interval,
      per_class: Object.fromEntries(scores.classes.map(({ label, ...scored }) => [label, scored])),
    };
  }
}

class ListComparison implements FieldComparison {
  private readonly tally = new ItemScoreTally();

  constructor(private readonly field: ListField) {}

  add(gold: FieldValue, answered: FieldValue | undefined): void {
    this.tally.add(entryKeys(this.field, gold), answered === undefined ? null : entryKeys(this.field, answered));
  }

  summary(): object {
    const scores = this.tally.scores();
    return { ...listQuality(scores), f1: scores.microF1, f1_interval: scores.microF1Interval };
  }
}

class NumberComparison implements FieldComparison {
  private readonly tally = new NumberScoreTally();

  add(gold: FieldValue, answered: FieldValue | undefined): void {
    this.tally.add(Number(gold), answered === undefined ? null : Number(answered));
  }

  summary(): object {
    const scores = this.tally.scores();
    return {
      gold_rows: scores.rows + scores.failed,
      gold_rows_failed: scores.failed,
      mae: scores.meanAbsoluteError,
      mae_interval: scores.meanAbsoluteErrorInterval,
      spearman: scores.spearman,
      spearman_interval: scores.spearmanInterval,
    };
  }
}

class TextComparison implements FieldComparison {
  private rows = 0;
  private failed = 0;
  private right = 0;

  add(gold: FieldValue, answered: FieldValue | undefined): void {
    this.rows += 1;
    if (answered === undefined) this.failed += 1;
    else if (comparedValue({ type: 'string' }, gold) === comparedValue({ type: 'string' }, answered)) this.right += 1;
  }

  summary(): object {
    const { rows, failed, right } = this;
    return {
      gold_rows: rows,
      gold_rows_failed: failed,
      exact_match: rows === 0 ? null : right / rows,
      exact_match_interval: wilsonInterval(right, rows),
    };
  }
}

function listQuality({ rows, failed, exactMatch, exactMatchInterval, precision, recall }: ItemScores) {
  return {
    gold_rows: rows,
    gold_rows_failed: failed,
    exact_match: exactMatch,
    exact_match_interval: exactMatchInterval,
    precision,
    recall,
  };
}
