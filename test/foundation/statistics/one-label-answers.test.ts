import { describe, expect, it } from 'vitest';
import { ConfusionMatrix } from '../../../src/foundation/statistics/classification-scores.js';
import {
  oneLabelAlone,
  oneLabelByGold,
  oneLabelByReference,
} from '../../../src/foundation/statistics/one-label-answers.js';
import { seededRandom } from '../../../src/foundation/statistics/random-variates.js';

const labels = ['positive', 'negative'];

/** Two standard errors of 1 % in 3,000 runs. */
const simulationError = 0.004;

/** How many of `runs` raise an alarm after any of their rows. */
function alarms(runs: number, rows: number, isAlarm: (random: () => number) => () => boolean): number {
  const random = seededRandom(17);
  let raised = 0;
  for (let run = 0; run < runs; run += 1) {
    const look = isAlarm(random);
    for (let row = 0; row < rows; row += 1) {
      if (!look()) continue;
      raised += 1;
      break;
    }
  }
  return raised;
}

describe('answers that are nearly all one label, by gold labels', () => {
  it('are found in 58 of 60 answers', () => {
    const matrix = new ConfusionMatrix(labels);
    matrix.add('positive', 'positive', 31);
    matrix.add('negative', 'positive', 27);
    matrix.add('negative', 'negative', 2);
    expect(oneLabelByGold(matrix)).toEqual({ label: 'positive', rows: 29, others: 2 });
  });

  it('are found before 30 rows where every answer is the same', () => {
    const matrix = new ConfusionMatrix(labels);
    for (let row = 0; row < 28; row += 1) matrix.add(labels[row % 2] ?? '', 'positive');
    expect(oneLabelByGold(matrix)?.label).toBe('positive');
  });

  it('are none where nearly all gold labels are that one, in sorted rows, and in right answers', () => {
    const oneSided = new ConfusionMatrix(labels);
    oneSided.add('positive', 'positive', 5_000);
    expect(oneLabelByGold(oneSided)).toBeNull();
    oneSided.add('negative', 'negative', 60);
    oneSided.add('negative', 'positive', 40);
    expect(oneLabelByGold(oneSided)).toBeNull();
  });

  it('raise a false alarm in at most 1 % of runs that recognise half of the other labels, whenever one looks', () => {
    const raised = alarms(4_000, 60, (random) => {
      const matrix = new ConfusionMatrix(labels);
      return () => {
        const expected = random() < 0.5 ? 'positive' : 'negative';
        const other = expected === 'positive' ? 'negative' : 'positive';
        matrix.add(expected, random() < 0.5 ? expected : other);
        return oneLabelByGold(matrix) !== null;
      };
    });
    expect(raised / 4_000).toBeLessThanOrEqual(0.01 + simulationError);
  });
});

describe('answers that are nearly all one label, by other answers to the same rows', () => {
  const reference = new Map([
    ['positive', 60],
    ['negative', 40],
  ]);

  it('are found where the other labels nearly vanish, and not where they become rarer', () => {
    const answers = (positive: number, negative: number) => new Map(Object.entries({ positive, negative }));
    expect(oneLabelByReference(answers(99, 1), reference)).toEqual({ label: 'positive', rows: 100, others: 1 });
    expect(oneLabelByReference(answers(75, 25), reference)).toBeNull();
    expect(oneLabelByReference(answers(5, 0), reference)).toBeNull();
    expect(oneLabelByReference(answers(100, 0), new Map())).toBeNull();
    expect(oneLabelByReference(answers(100, 0), new Map([['positive', 100]]))).toBeNull();
  });

  it('raise a false alarm in at most 1 % of runs that give other labels half as often as there', () => {
    const raised = alarms(3_000, 100, (random) => {
      const answers = new Map(labels.map((label) => [label, 0]));
      return () => {
        const label = random() < 0.2 ? 'negative' : 'positive';
        answers.set(label, (answers.get(label) ?? 0) + 1);
        return oneLabelByReference(answers, reference) !== null;
      };
    });
    expect(raised / 3_000).toBeLessThanOrEqual(0.01 + simulationError);
  });
});

describe('answers that are nearly all one label, where nothing else is known', () => {
  it('are found from a hundred equal ones on', () => {
    expect(oneLabelAlone(new Map([['a', 100]]))).toEqual({ label: 'a', rows: 100, others: 0 });
    expect(oneLabelAlone(new Map([['a', 99]]))).toBeNull();
    expect(oneLabelAlone(new Map(Object.entries({ a: 950, b: 50 })))).toBeNull();
  });

  it('raise a false alarm in at most 1 % of runs with one other label in twenty', () => {
    const raised = alarms(3_000, 300, (random) => {
      const answers = new Map(Object.entries({ a: 0, b: 0, c: 0 }));
      return () => {
        const label = random() < 0.95 ? 'a' : random() < 0.5 ? 'b' : 'c';
        answers.set(label, (answers.get(label) ?? 0) + 1);
        return oneLabelAlone(answers) !== null;
      };
    });
    expect(raised / 3_000).toBeLessThanOrEqual(0.01 + simulationError);
  });
});
