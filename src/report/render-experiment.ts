import { qualityOf } from '../evaluate/experiment/best-variant.js';
import type { Disagreement } from '../evaluate/experiment/comparison-result.js';
import type { ExperimentResult, VariantResult } from '../evaluate/experiment/experiment-result.js';
import type { AnswerPair } from '../evaluate/experiment/variant-answers.js';
import {
  cut,
  percent,
  percentInterval,
  percentRange,
  renderDuration,
  renderRateInterval,
  share,
  shareRange,
} from './format-values.js';
import { compactTable } from './table.js';
import { paint } from './terminal-text.js';

/**
 * The tables of an experiment: variants, pairs, classes, confidence, stability, failures and disagreements. Ends in a line
 * break.
 * @param texts of the rows, by index
 */
export function renderExperiment(result: ExperimentResult, texts: ReadonlyMap<number, string>): string {
  const ranked = rankVariants(result);
  const measured = ranked.filter(({ problem }) => problem === null);
  const [best] = measured;
  const parts = [
    renderHead(result),
    renderRanking(ranked, result),
    renderPairs(result),
    renderPareto(result),
    renderClasses(measured),
    best ? renderConfusion(best) : '',
    renderConfidence(measured),
    renderStability(measured),
    renderRepeatedSample(measured),
    renderVariantFailures(measured),
    renderDisagreements(result.dividing_rows.slice(0, 10), texts),
  ];
  return `${parts.filter((part) => part !== '').join('\n\n')}\n`;
}

/** The variants, the best by the criterion first, unavailable ones last. */
export function rankVariants({ variants, criterion }: ExperimentResult): readonly VariantResult[] {
  const quality = (variant: VariantResult) => (variant.problem === null ? (qualityOf(variant, criterion) ?? 0) : -1);
  return [...variants].sort((a, b) => quality(b) - quality(a));
}

/** What the variants are compared by, with the reason where it is not the usual one. */
export function describeCriterion({ criterion, criterion_reason: reason }: ExperimentResult): string {
  if (criterion === 'macro-f1') return `compared by macro-F1 (${reason})`;
  return reason.includes(':') ? `compared by accuracy (${reason})` : 'compared by accuracy';
}

/** About the best variant: whether it is a constant classifier, and its interval without the advantage of its selection. */
export function describeBest(result: ExperimentResult): readonly string[] {
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

function renderHead(result: ExperimentResult): string {
  const { data, repeats, variants } = result;
  const labels = data.labels.map((label) => `${label} ${data.label_counts[label] ?? 0}`).join(', ');
  const part = [
    data.split === null ? '' : `, half ${data.split}`,
    data.sample === null ? '' : `, sampled with seed ${data.seed}`,
    repeats > 1 ? `, ${repeats} repeats` : '',
  ].join('');
  return `${variants.length} ${variants.length === 1 ? 'variant' : 'variants'}, ${data.rows} rows (${labels})${part}, ${describeCriterion(result)}`;
}

function renderRanking(ranked: readonly VariantResult[], result: ExperimentResult): string {
  const { best, confidence_level } = result;
  const someFailed = ranked.some(({ failed }) => failed > 0);
  const someCost = ranked.some(({ cost }) => cost !== null);
  const head = [
    ...['', 'variant', `accuracy (${percent(confidence_level, 0)})`, 'macro-F1', 'κ'],
    ...(someFailed ? ['failed', 'of the answered: accuracy', 'macro-F1'] : []),
    ...['p50 / p95', 'reviews/s', 'tokens'],
    ...(someCost ? ['cost of 1,000'] : []),
  ];
  const rows = ranked.map((variant) => rankingRow(variant, best, someFailed, someCost));
  const majority = majorityRow(result, head.length);
  const failures = someFailed ? '; a failed row counts as wrong' : '';
  const legend = `${best.length > 1 ? '* best   = not significantly different from the best' : '* best'}${failures}`;
  const table = compactTable(head, [...rows, ...majority], { left: 2 });
  return [table, ...(best.length > 0 ? [legend, ...describeBest(result)] : [])].join('\n').trimEnd();
}

/** The classifier that always answers with the most frequent label: what a variant has to surpass. */
function majorityRow({ data }: ExperimentResult, width: number): string[][] {
  const { name, accuracy, macroF1, kappa } = majorityClassifier(data);
  const cells = ['', name, percent(accuracy), share(macroF1, 3), share(kappa, 3)];
  return [[...cells, ...Array.from({ length: width - cells.length }, () => '–')]];
}

/** Its metrics follow from the rows of each label. */
export function majorityClassifier({ labels, label_counts: counts, rows }: ExperimentResult['data']) {
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

function rankingRow(variant: VariantResult, best: readonly string[], someFailed: boolean, someCost: boolean): string[] {
  const { name, problem, failed, rows, failures_as_wrong: strict, answered_only, cost } = variant;
  const mark = best[0] === name ? '*' : best.includes(name) ? '=' : '';
  const width = 6 + (someFailed ? 3 : 0) + (someCost ? 1 : 0);
  if (problem)
    return [mark, name, paint(`not measured [${problem.code}]`, 'bad'), ...Array.from({ length: width }, () => '–')];
  const { p50, p95 } = variant.latency_ms;
  return [
    mark,
    mark === '*' ? paint(name, 'best') : name,
    percentInterval(strict.accuracy),
    share(strict.macro_f1, 3),
    share(strict.kappa, 3),
    ...(someFailed
      ? [`${failed} of ${rows}`, percentInterval(answered_only.accuracy), share(answered_only.macro_f1, 3)]
      : []),
    p50 === null || p95 === null ? '–' : `${renderDuration(p50)} / ${renderDuration(p95)}`,
    renderRateInterval(variant.reviews_per_second, variant.speed.reviews_per_second),
    share(variant.tokens.per_review, 0),
    ...(someCost ? [cost === null ? '–' : `${cost.per_1000_reviews.toPrecision(3)} ${cost.currency}`] : []),
  ];
}

function renderPairs({ pairs }: ExperimentResult): string {
  return pairs.map(({ sentence }) => `- ${sentence}`).join('\n');
}

function renderPareto({ pareto, variants, criterion }: ExperimentResult): string {
  if (variants.length < 2) return '';
  const metric = criterion === 'accuracy' ? 'accuracy' : 'macro-F1';
  const line = (what: string, names: readonly string[]) =>
    names.length === 0 ? [] : [`not surpassed in both ${metric} and ${what}: ${names.join(', ')}`];
  return [...line('speed', pareto.criterion_and_speed), ...line('tokens', pareto.criterion_and_tokens)].join('\n');
}

/** Precision, recall and F1 of each class, with failures as wrong. */
function renderClasses(variants: readonly VariantResult[]): string {
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
function renderConfusion({ name, confusion }: VariantResult): string {
  const { labels, counts, unanswered } = confusion;
  const rows = labels.map((label, index) => [label, ...(counts[index] ?? []), unanswered[index] ?? 0]);
  return compactTable([`${name}: label ↓ answer →`, ...labels, 'none'], rows, { left: 1 });
}

/** Metrics of the confidences; empty if no answer has one. */
function renderConfidence(variants: readonly VariantResult[]): string {
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

function selectiveAccuracy({ risk_coverage: curve }: VariantResult['confidence'], coverage: number): string {
  const point = curve.find((one) => one.coverage >= coverage - 1e-9);
  return point === undefined ? '–' : percent(1 - point.risk);
}

/** How answers vary between repeats; empty without repeats. */
function renderStability(variants: readonly VariantResult[]): string {
  const rows = variants.flatMap(({ name, stability }) => {
    if (!stability) return [];
    const { repeats, changed, changed_share, mean_accuracy, all_right_share, variance } = stability;
    const orDash = (value: number | null) => (value === null ? '–' : percent(value));
    const error = (value: number | null) => (value === null ? '–' : `± ${percent(Math.sqrt(value), 2)}`);
    const changes = `${changed} (${orDash(changed_share)})`;
    const errors = [error(variance.sampling), error(variance.model)];
    return [[name, repeats, changes, orDash(mean_accuracy), orDash(all_right_share), ...errors]];
  });
  const head = [
    'variant',
    'repeats',
    'rows that change',
    'accuracy, mean',
    'always right',
    'error of rows',
    'of the model',
  ];
  return rows.length === 0 ? '' : compactTable(head, rows, { left: 1 });
}

/** How many answers change when the same request is sent again; empty without a repeated sample. */
function renderRepeatedSample(variants: readonly VariantResult[]): string {
  const rows = variants.flatMap(({ name, repeated_sample: sample }) =>
    sample ? [[name, sample.rows, sample.changed, percentInterval({ ...sample, value: sample.changed_share })]] : [],
  );
  const head = ['variant', 'rows sent again', 'other answers', 'share'];
  return rows.length === 0 ? '' : compactTable(head, rows, { left: 1 });
}

/** The most frequent failures of each variant; empty without failures. */
function renderVariantFailures(variants: readonly VariantResult[]): string {
  const rows = variants.flatMap(({ name, errors }) =>
    errors
      .slice(0, 3)
      .map(({ count, code, message }, index) => [
        index === 0 ? name : '',
        { content: String(count), hAlign: 'right' as const },
        paint(code, 'bad'),
        cut(message, 80),
      ]),
  );
  return rows.length === 0 ? '' : compactTable(['variant', 'failures', 'code', 'message'], rows);
}

const textWidth = 60;

/** Most rows in the table; the JSON output has all rows. */
const mostShown = 200;

/** The rows on which variants disagree, with the variants of each answer. */
function renderDisagreements(rows: readonly Disagreement[], texts: ReadonlyMap<number, string>): string {
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

/** The rows that two variants answer differently, side by side. */
export function renderDifferences(a: string, b: string, differences: readonly AnswerPair[]): string {
  if (differences.length === 0) return `${a} and ${b} answer every row the same\n`;
  const rows = differences.slice(0, mostShown).map(({ row, ...answers }) => {
    const mark = (answer: string | null) => `${answer ?? 'none'}${answer === row.expected ? ' ✓' : ''}`;
    return [cut(row.id, 20), row.expected, mark(answers.a), mark(answers.b), cut(row.text, textWidth)];
  });
  const table = compactTable(['row', 'label', a, b, 'text'], rows, {
    colWidths: [null, null, null, null, textWidth + 2],
  });
  const more = differences.length > mostShown ? `the first ${mostShown} of them; --json has all\n` : '';
  const count = differences.length === 1 ? '1 row' : `${differences.length} rows`;
  return `${count} that ${a} and ${b} answer differently\n${table}\n${more}`;
}
