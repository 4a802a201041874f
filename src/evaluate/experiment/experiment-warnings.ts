import { baselineWarnings } from '../../analysis/label-comparison.js';
import { LabelContradictions } from '../../analysis/label-contradictions.js';
import { oneLabelWarningByGold } from '../../analysis/one-label-warning.js';
import type { ExperimentResult } from './experiment-result.js';
import type { LabelledRows } from './labelled-rows.js';
import type { VariantResult } from './variant-result.js';

/** Below this many rows intervals are wide. */
const fewRows = 100;

/** Below this many rows of a class its figures say little. */
const fewOfClass = 10;

/** A variant that fails more often is measured on other rows than the others. */
const manyFailures = 0.05;

/** What the reader of the figures must know. */
export function experimentWarnings(
  data: LabelledRows,
  { variants, doubtful_labels }: Pick<ExperimentResult, 'variants' | 'doubtful_labels'>,
  caveats: readonly string[],
): readonly string[] {
  return [
    ...new Set(caveats),
    ...rowWarnings(data),
    ...variants.flatMap(variantWarnings),
    ...(doubtful_labels.length > 0
      ? [
          `the label of ${countOf(doubtful_labels.length)} looks wrong: several variants are sure of another one ` +
            '(--out-disagreements FILE lists them)',
        ]
      : []),
  ];
}

function rowWarnings({ rows, counts, leftOut, copies, choice, labels }: LabelledRows): readonly string[] {
  const contradictions = new LabelContradictions();
  for (const { index, text, expected } of rows) contradictions.add(index, text, expected);
  const warnings: string[] = [...contradictions.warnings()];
  const { unlabelled, blank, unreadable } = leftOut;
  if (unlabelled > 0) warnings.push(`left out: ${countOf(unlabelled)} without a label`);
  if (blank > 0) warnings.push(`left out: ${countOf(blank)} with a blank text`);
  if (unreadable > 0) warnings.push(`left out: ${countOf(unreadable)} that cannot be read`);
  if (rows.length < fewRows) warnings.push(`${rows.length} rows are few: small differences cannot be seen with them`);
  if (choice.sample !== undefined && rows.length < choice.sample) {
    warnings.push(`the sample has ${rows.length} rows: there are no more different texts`);
  }
  const rare = labels.filter((label) => (counts[label] ?? 0) > 0 && (counts[label] ?? 0) < fewOfClass);
  if (rare.length > 0) {
    const list = rare.map((label) => `${label} (${counts[label]})`).join(', ');
    warnings.push(`fewer than ${fewOfClass} rows have the label ${list}: figures of it, and macro-F1, say little`);
  }
  const absent = labels.filter((label) => counts[label] === 0);
  if (absent.length > 0) {
    warnings.push(
      `no row has the label ${absent.join(', ')}, which the variants may answer; ` +
        `if none can have it: --labels ${labels.filter((label) => !absent.includes(label)).join(',')}`,
    );
  }
  if (copies > 0)
    warnings.push(`${countOf(copies)} of the same text as another one: intervals and tests take them for independent`);
  return warnings;
}

function variantWarnings({ name, rows, failed, problem, confusion }: VariantResult): readonly string[] {
  if (problem) return [unreachableWarning(name, problem.message)];
  const oneLabel = oneLabelWarningByGold(confusion);
  const quality = [...(oneLabel === undefined ? [] : [oneLabel]), ...baselineWarnings(confusion)];
  return [
    ...(failed > rows * manyFailures
      ? [`${name} failed on ${failed} of ${rows} rows: its figures are of the others, unless failures count as wrong`]
      : []),
    ...quality.map((warning) => `${name}: ${warning}`),
  ];
}

function countOf(rows: number): string {
  return `${rows} ${rows === 1 ? 'row' : 'rows'}`;
}

/** What is said of a variant that could not be asked. */
export function unreachableWarning(variant: string, message: string): string {
  return `${variant} was not measured: ${message}`;
}
