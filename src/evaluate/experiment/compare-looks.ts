import { describeComparison } from '../../foundation/statistics/paired-comparison.js';
import { exactMcNemar, holm, rowsNeeded, tangoInterval } from '../../foundation/statistics/paired-tests.js';
import { differenceThatMatters } from './compare-variants.js';
import type { LabelledRows } from './labelled-rows.js';
import type { ValidationResult } from './search-result.js';

/** One prompt as it was measured on the validation half. */
export interface Look {
  readonly name: string;
  /** 0-based row. Null where it has no answer. */
  readonly answerAt: (position: number) => string | null;
}

const alpha = 0.05;

/** Each look against the unchanged prompt, on the same rows; a row without an answer is a wrong one. */
export function compareLooks(
  unchanged: Look,
  looks: readonly Look[],
  { rows }: LabelledRows,
): readonly NonNullable<ValidationResult['compared']>[] {
  const all = looks.map((look) => ({ look, outcomes: outcomesOf(look, unchanged, rows) }));
  const pValues = all.map(({ outcomes: { onlyFirst, onlySecond } }) => exactMcNemar(onlyFirst, onlySecond));
  const adjusted = holm(pValues);
  return all.map(({ look, outcomes }, index) => {
    const { onlyFirst, onlySecond } = outcomes;
    const difference = (onlyFirst - onlySecond) / rows.length;
    const interval = tangoInterval(outcomes);
    const pValue = adjusted[index] ?? 1;
    const needed = rowsNeeded(differenceThatMatters, (onlyFirst + onlySecond) / rows.length);
    const visible = { difference: differenceThatMatters, rows: needed };
    const compared = {
      first: look.name,
      second: unchanged.name,
      difference,
      interval,
      pValue,
      rows: rows.length,
      visible,
    };
    return {
      difference,
      ...interval,
      p_value: pValues[index] ?? 1,
      p_adjusted: pValue,
      significant: pValue <= alpha && difference !== 0,
      sentence: describeComparison(compared, { corrected: looks.length > 1 }),
    };
  });
}

function outcomesOf(first: Look, second: Look, rows: LabelledRows['rows']) {
  const outcomes = { bothRight: 0, onlyFirst: 0, onlySecond: 0, bothWrong: 0 };
  for (const [position, { expected }] of rows.entries()) {
    const isRight = [first, second].map(({ answerAt }) => answerAt(position) === expected);
    if (isRight[0]) outcomes[isRight[1] ? 'bothRight' : 'onlyFirst'] += 1;
    else outcomes[isRight[1] ? 'onlySecond' : 'bothWrong'] += 1;
  }
  return outcomes;
}
