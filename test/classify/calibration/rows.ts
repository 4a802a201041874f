import { type ClassifiedRow, temperShares } from '../../../src/classify/calibration/temperature-scaling.js';

/**
 * Rows of two labels that are right as often as their true share says: a thousand of each of four shares. What they show
 * is those shares at a temperature.
 */
export function rowsShownAt(temperature: number, each = 1_000): ClassifiedRow[] {
  return [0.6, 0.7, 0.8, 0.95].flatMap((truth) => {
    const shares = temperShares([truth, 1 - truth], temperature);
    return Array.from({ length: each }, (_, index) => {
      const isRight = index < Math.round(truth * each);
      // Half of the answers are the first label, half the second.
      const answered = index % 2;
      return {
        shares: answered === 0 ? shares : shares.toReversed(),
        answered,
        expected: isRight ? answered : 1 - answered,
      };
    });
  });
}
