import { describe, expect, test } from 'vitest';
import { type Plan, quick, shareOfHostsAlone, slow } from '../../model/pool/measure-throughput.js';

describe('unequal hosts together reach at least 0.95 of what each reaches alone, added up', () => {
  test.each<[string, Plan[], number, number]>([
    ['1 : 3 by speed, as many workers as slots', [slow, quick], 4, 0],
    ['1 : 3 by speed, twice as many workers as slots', [slow, quick], 8, 0],
    ['1 : 3 by speed, times that scatter', [slow, quick], 16, 0.5],
    [
      '1 : 3 by slots',
      [
        { slots: 1, serviceMs: 20 },
        { slots: 3, serviceMs: 20 },
      ],
      4,
      0.5,
    ],
    [
      'many slots that are slow, few that are quick',
      [
        { slots: 8, serviceMs: 60 },
        { slots: 1, serviceMs: 20 },
      ],
      16,
      0.5,
    ],
    [
      '1 : 10 by speed',
      [
        { slots: 4, serviceMs: 20 },
        { slots: 4, serviceMs: 200 },
      ],
      16,
      0.5,
    ],
    ['three', [slow, quick, { slots: 6, serviceMs: 30 }], 16, 0.5],
    ['equal', [quick, quick], 4, 0.5],
  ])('%s', async (_, plans, workers, scatter) => {
    expect(await shareOfHostsAlone(plans, workers, scatter, 2_000)).toBeGreaterThanOrEqual(0.95);
  });
});
