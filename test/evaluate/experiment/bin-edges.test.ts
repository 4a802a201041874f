import { describe, expect, it } from 'vitest';
import { memoryRunStore, memoryRuns } from '../../../src/store/runs/memory-run-store.js';
import { edgeRows } from '../../classify/calibration/edge-rows.js';
import { type Answerer, type Questions, right, runSample, sampleRows, wrong } from './sample-experiment.js';

const data = sampleRows(edgeRows.length);

const atEdges: Answerer = (text, index, variant, repeat) => {
  const [confidence, isRight] = edgeRows[index] ?? [0, false];
  return { text: (isRight ? right : wrong)(text, index, variant, repeat) as string, confidence };
};

describe('confidences at the edge of a bin', () => {
  it('of 0.7 are not taken for less: the calibration error is 0.1826, not 0.1681', async () => {
    const { result } = await runSample({ a: atEdges }, data);
    const { expected_calibration_error: error, reliability, mean } = result.variants[0]?.confidence ?? {};
    expect(error).toBeCloseTo(0.1826, 12);
    expect(mean).toBeCloseTo((45 * 0.65 + 100 * 0.7 + 855 * 0.97) / 1_000, 12);
    expect(
      reliability?.filter(({ count }) => count > 0).map(({ from, count, confidence }) => [from, count, confidence]),
    ).toEqual([
      [0.6, 45, expect.closeTo(0.65, 12)],
      [0.7, 100, expect.closeTo(0.7, 12)],
      [0.9, 855, expect.closeTo(0.97, 12)],
    ]);
  });

  it('are the same after they were recorded', async () => {
    const shared = memoryRuns();
    const record = () => ({
      store: memoryRunStore({ shared }),
      ...{ names: ['/data.csv'], digest: 'd', choice: '{}', configuration: {} },
      newRunId: () => 'a run',
    });
    const first = await runSample({ a: atEdges }, data, { record: record() });
    const asked: Questions = new Map();
    const again = await runSample({ a: atEdges }, data, { record: record(), asked });
    expect(asked.size).toBe(0);
    expect(again.result.variants[0]?.confidence).toEqual(first.result.variants[0]?.confidence);
  });
});

describe('suspected label errors', () => {
  const suspectsAt = async (confidence: number) => {
    const against: Answerer = (text, index, ...rest) => ({
      text: (index === 3 ? wrong : right)(text, index, ...rest) as string,
      confidence,
    });
    const { result } = await runSample({ a: against, b: against }, sampleRows(40));
    return result.doubtful_labels.map(({ id, mean_confidence }) => [id, mean_confidence]);
  };

  it('need a confidence of 0.9 or more: exactly 0.9 is enough', async () => {
    expect(await suspectsAt(0.9)).toEqual([['4', 0.9]]);
    expect(await suspectsAt(Math.exp(Math.log(0.9)))).toEqual([['4', 0.9]]);
    expect(await suspectsAt(0.899999)).toEqual([]);
  });
});
