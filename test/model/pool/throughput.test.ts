import { describe, expect, test } from 'vitest';
import { type Plan, quick, shareOfHostsAlone, slow } from './measure-throughput.js';

describe('unequal hosts together reach at least 0.95 of what each reaches alone, added up', () => {
  /** Other hosts: test/durability/model/pool-throughput.test.ts. */
  test.each<[string, Plan[], number, number]>([['three', [slow, quick, { slots: 6, serviceMs: 30 }], 16, 0.5]])(
    '%s',
    async (_, plans, workers, scatter) => {
      expect(await shareOfHostsAlone(plans, workers, scatter, 1_000)).toBeGreaterThanOrEqual(0.95);
    },
  );
});
