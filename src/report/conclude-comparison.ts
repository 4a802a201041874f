import type { RightnessComparison, RunComparison } from '../evaluate/compare-runs.js';

/** Below it a difference is called hardly chance. */
const significant = 0.05;

/** What the comparison of two runs says about which is better, in one sentence, and no more than it can say. */
export function concludeComparison({ answered, rightness, expected_differs: differing }: RunComparison): string {
  if (answered.both === 0) return 'No row was answered by both, so there is nothing to compare.';
  if (rightness) return concludeRightness(rightness);
  if (differing > 0) {
    return 'The runs were given different right labels for the same rows, so nothing can be said about which is better.';
  }
  return (
    'No right label is recorded for any row that both answered, so nothing can be said about which is better ' +
    '(--label COLUMN records them).'
  );
}

function concludeRightness(rightness: RightnessComparison): string {
  const { rows, both_right: both, only_a_right: onlyA, only_b_right: onlyB, accuracy_a, accuracy_b } = rightness;
  const found =
    `Of ${rows} rows that both answered and whose right label is known, ` +
    `a has ${both + onlyA} right (${percent(accuracy_a)}) and b ${both + onlyB} (${percent(accuracy_b)})`;
  if (onlyA + onlyB === 0) return `${found}, the same ones: nothing tells them apart.`;
  const verdict = rightness.p_value < significant ? 'hardly chance' : 'possibly chance';
  return (
    `${found}; only a is right on ${onlyA}, only b on ${onlyB}, which is ${verdict}: equally good runs differ at least ` +
    `so unevenly in ${oftenness(rightness.p_value)} of all cases (exact McNemar test, ${renderPValue(rightness.p_value)}).`
  );
}

function oftenness(p: number): string {
  return p < 0.001 ? 'less than 0.1 %' : percent(p);
}

/** `p = 0.034`, `p = 2.1e-8`, `p < 1e-300`. */
function renderPValue(p: number): string {
  if (p < 1e-300) return 'p < 1e-300';
  return `p = ${p < 0.001 ? p.toExponential(1) : Number(p.toFixed(3))}`;
}

function percent(share: number): string {
  return `${Number((share * 100).toFixed(1))} %`;
}
