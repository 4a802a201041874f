/** Answers with a confidence, and whether they are right. */
export type ConfidentRow = readonly [confidence: number, isRight: boolean];

/**
 * A thousand answers whose expected calibration error is 0.1826: (|22 − 29.25| + |100 − 70| + |684 − 829.35|) ÷ 1000. It is
 * 0.1681 where those of exactly 0.7 are taken for less, and share a bin with those of 0.65.
 */
export const edgeRows: readonly ConfidentRow[] = [
  ...rowsOf(0.65, 45, 22),
  ...rowsOf(0.7, 100, 100),
  ...rowsOf(0.97, 855, 684),
];

function rowsOf(confidence: number, count: number, right: number): readonly ConfidentRow[] {
  return Array.from({ length: count }, (_, index) => [confidence, index < right]);
}
