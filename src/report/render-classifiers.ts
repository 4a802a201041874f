import { qualityOf } from '../evaluate/experiment/best-variant.js';
import type { AnswerScores, ComparisonResult, Disagreement } from '../evaluate/experiment/comparison-result.js';
import { cut, percent, percentInterval, percentRange, share, shareRange } from './format-values.js';
import { compactTable } from './table.js';
import { paint } from './terminal-text.js';

/** A variant in a table. */
export interface Ranked extends AnswerScores {
  /** Why it could not be measured. */
  readonly problem?: { readonly code: string } | null;
}

interface RankedRows {
  readonly rows: number;
  readonly labels: readonly string[];
  readonly label_counts: Readonly<Record<string, number>>;
}

/** Variants and their comparison, whatever was measured besides. */
export interface Compared<V extends Ranked> extends ComparisonResult {
  readonly data: RankedRows;
  readonly variants: readonly V[];
}

/** What else is known of each variant. */
export interface FurtherColumns<V> {
  readonly head: readonly string[];
  readonly cellsOf: (variant: V) => readonly string[];
}

const none: FurtherColumns<Ranked> = { head: [], cellsOf: () => [] };

/** The variants, the best by the criterion first, unavailable ones last. */
export function rankVariants<V extends Ranked>({ variants, criterion }: Compared<V>): readonly V[] {
  const quality = (variant: V) => (variant.problem ? -1 : (qualityOf(variant, criterion) ?? 0));
  return [...variants].sort((a, b) => quality(b) - quality(a));
}

/** What the variants are compared by, with the reason where it is not the usual one. */
export function describeCriterion({
  criterion,
  criterion_reason: reason,
}: Pick<ComparisonResult, 'criterion' | 'criterion_reason'>): string {
  if (criterion === 'macro-f1') return `compared by macro-F1 (${reason})`;
  return reason.includes(':') ? `compared by accuracy (${reason})` : 'compared by accuracy';
}

/** About the best variant: whether it is a constant classifier, and its interval without the advantage of its selection. */
export function describeBest(result: Compared<Ranked>): readonly string[] {
  const { best_adjusted: adjusted, criterion, variants, best, confidence_level: level } = result;
  const { constant = null } = variants.find(({ name }) => name === best[0]) ?? {};
  const metric = criterion === 'accuracy' ? 'accuracy' : 'macro-F1';
  // Without its value: where the best are close, the median unbiased value is far below all that was observed.
  const shown = criterion === 'accuracy' ? percentRange : shareRange;
  return [
    ...(constant === null ? [] : [`${best[0]} is a constant classifier: it answers every row '${constant}'`]),
    ...(adjusted === null
      ? []
      : [
          `${metric} of ${adjusted.variant}, corrected for its selection among ${adjusted.variants} variants ` +
            `(${percent(level, 0)}): ${shown(adjusted)}`,
        ]),
  ];
}

/** The variants by their metrics, with the best and those that are not significantly different marked. */
export function renderRanking<V extends Ranked>(result: Compared<V>, further: FurtherColumns<V> = none): string {
  const { best, confidence_level } = result;
  const ranked = rankVariants(result);
  const someFailed = ranked.some(({ failed }) => failed > 0);
  const head = [
    ...['', 'variant', `accuracy (${percent(confidence_level, 0)})`, 'macro-F1', 'κ'],
    ...(someFailed ? ['failed', 'of the answered: accuracy', 'macro-F1'] : []),
    ...further.head,
  ];
  const rows = ranked.map((variant) => rankingRow(variant, best, someFailed, further));
  const majority = majorityRow(result, head.length);
  const failures = someFailed ? '; a failed row counts as wrong' : '';
  const legend = `${best.length > 1 ? '* best   = not significantly different from the best' : '* best'}${failures}`;
  const table = compactTable(head, [...rows, ...majority], { left: 2 });
  return [table, ...(best.length > 0 ? [legend, ...describeBest(result)] : [])].join('\n').trimEnd();
}

/** The classifier that always answers with the most frequent label: what a variant has to surpass. */
function majorityRow({ data }: Compared<Ranked>, width: number): string[][] {
  const { name, accuracy, macroF1, kappa } = majorityClassifier(data);
  const cells = ['', name, percent(accuracy), share(macroF1, 3), share(kappa, 3)];
  return [[...cells, ...Array.from({ length: width - cells.length }, () => '–')]];
}

/** Its metrics follow from the rows of each label. */
export function majorityClassifier({ labels, label_counts: counts, rows }: RankedRows) {
  const occurring = labels.filter((label) => (counts[label] ?? 0) > 0);
  const most = occurring.reduce((one, other) => ((counts[other] ?? 0) > (counts[one] ?? 0) ? other : one));
  const right = counts[most] ?? 0;
  return {
    name: `always '${most}'`,
    accuracy: right / rows,
    macroF1: (2 * right) / (right + rows) / occurring.length,
    kappa: 0,
  };
}

function rankingRow<V extends Ranked>(
  variant: V,
  best: readonly string[],
  someFailed: boolean,
  further: FurtherColumns<V>,
): string[] {
  const { name, problem, answered_only, failed, rows, failures_as_wrong: strict } = variant;
  const mark = best[0] === name ? '*' : best.includes(name) ? '=' : '';
  const width = 2 + (someFailed ? 3 : 0) + further.head.length;
  if (problem)
    return [mark, name, paint(`not measured [${problem.code}]`, 'bad'), ...Array.from({ length: width }, () => '–')];
  return [
    mark,
    mark === '*' ? paint(name, 'best') : name,
    percentInterval(strict.accuracy),
    share(strict.macro_f1, 3),
    share(strict.kappa, 3),
    ...(someFailed
      ? [`${failed} of ${rows}`, percentInterval(answered_only.accuracy), share(answered_only.macro_f1, 3)]
      : []),
    ...further.cellsOf(variant),
  ];
}

/** One sentence for each pair. */
export function renderPairs({ pairs }: Pick<ComparisonResult, 'pairs'>): string {
  return pairs.map(({ sentence }) => `- ${sentence}`).join('\n');
}

/** Precision, recall and F1 of each class, with failures as wrong. */
export function renderClasses(variants: readonly AnswerScores[]): string {
  if (variants.length === 0) return '';
  const rows = variants.flatMap(({ name, failures_as_wrong: { classes, balanced_accuracy, mcc } }) =>
    Object.entries(classes).map(([label, { precision, recall, f1, support }], index) => {
      const metrics = [label, share(precision, 3), share(recall, 3), share(f1, 3), support];
      return index === 0 ? [name, ...metrics, share(balanced_accuracy, 3), share(mcc, 3)] : ['', ...metrics, '', ''];
    }),
  );
  const head = ['variant', 'class', 'precision', 'recall', 'F1', 'rows', 'balanced accuracy', 'MCC'];
  return compactTable(head, rows, { left: 2 });
}

/** Gold labels down, answers across. */
export function renderConfusion({ name, confusion }: AnswerScores): string {
  const { labels, counts, unanswered } = confusion;
  const rows = labels.map((label, index) => [label, ...(counts[index] ?? []), unanswered[index] ?? 0]);
  return compactTable([`${name}: label ↓ answer →`, ...labels, 'none'], rows, { left: 1 });
}

/** Metrics of the confidences; empty if no answer has one. */
export function renderConfidence(variants: readonly AnswerScores[]): string {
  const confident = variants.filter(({ confidence }) => confidence.answers > 0);
  if (confident.length === 0) return '';
  const rows = confident.map(({ name, confidence }) => [
    name,
    share(confidence.mean, 3),
    share(confidence.brier, 3),
    share(confidence.log_loss, 3),
    share(confidence.expected_calibration_error, 3),
    `${share(confidence.calibration_error_interval.lower, 3)}–${share(confidence.calibration_error_interval.upper, 3)}`,
    share(confidence.calibration_error_if_perfect.mean, 3),
    share(confidence.area_under_roc, 3),
    selectiveAccuracy(confidence, 0.8),
    selectiveAccuracy(confidence, 0.5),
  ]);
  const head = [
    'variant',
    'mean confidence',
    'Brier',
    'log loss',
    'calibration error',
    'interval',
    'if perfect',
    'ROC area',
    'selective accuracy: 80 %',
    '50 %',
  ];
  return compactTable(head, rows, { left: 1 });
}

function selectiveAccuracy({ risk_coverage: curve }: AnswerScores['confidence'], coverage: number): string {
  const point = curve.find((one) => one.coverage >= coverage - 1e-9);
  return point === undefined ? '–' : percent(1 - point.risk);
}

export const textWidth = 60;

/** The rows on which variants disagree, with the variants of each answer. */
export function renderDisagreements(rows: readonly Disagreement[], texts: ReadonlyMap<number, string>): string {
  if (rows.length === 0) return '';
  const cells = rows.map(({ id, expected, answers, index }) => [
    cut(id, 20),
    expected,
    answersOf(answers),
    cut(texts.get(index) ?? '', textWidth),
  ]);
  const options = { colWidths: [null, null, 52, textWidth + 2], wordWrap: true };
  return compactTable(['disagreements', 'label', 'answers', 'text'], cells, options);
}

/** `positive: a, b; negative: c` */
function answersOf(answers: Disagreement['answers']): string {
  const byAnswer = new Map<string, string[]>();
  for (const [variant, answer] of Object.entries(answers)) {
    const given = answer ?? 'none';
    byAnswer.set(given, [...(byAnswer.get(given) ?? []), variant]);
  }
  return [...byAnswer].map(([answer, variants]) => `${answer}: ${variants.join(', ')}`).join('; ');
}
