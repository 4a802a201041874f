import type {
  Disagreement,
  ExperimentResult,
  ProportionMetric,
  VariantResult,
} from '../evaluate/experiment/experiment-result.js';
import type { AnswerPair } from '../evaluate/experiment/variant-answers.js';
import { cut, percent, renderDuration, share } from './format-values.js';
import { compact, plain, Table } from './table.js';
import { paint } from './terminal-text.js';

/**
 * The tables of an experiment: all variants, the best first; their classes; what can be said of each pair; the rows that
 * divide them. Plain text without colour, ending in a line break.
 * @param texts of the rows, by their index
 */
export function renderExperiment(result: ExperimentResult, texts: ReadonlyMap<number, string>): string {
  const ranked = rankVariants(result);
  const asked = ranked.filter(({ problem }) => problem === null);
  const [best] = asked;
  const parts = [
    renderHead(result),
    renderRanking(ranked, result),
    renderPairs(result),
    renderPareto(result),
    renderClasses(asked),
    best ? renderConfusion(best) : '',
    renderConfidence(asked),
    renderStability(asked),
    renderVariantFailures(asked),
    renderDisagreements(result.dividing_rows.slice(0, 10), texts),
  ];
  return `${parts.filter((part) => part !== '').join('\n\n')}\n`;
}

/** The variants, the one with the most right answers first, those that could not be asked last. */
export function rankVariants({ variants }: ExperimentResult): readonly VariantResult[] {
  const right = ({ problem, failures_as_wrong: { accuracy } }: VariantResult) =>
    problem === null ? (accuracy.value ?? 0) : -1;
  return [...variants].sort((a, b) => right(b) - right(a));
}

function renderHead({ data, repeats, variants }: ExperimentResult): string {
  const labels = data.labels.map((label) => `${label} ${data.label_counts[label] ?? 0}`).join(', ');
  const part = [
    data.split === null ? '' : `, half ${data.split}`,
    data.sample === null ? '' : `, sampled with seed ${data.seed}`,
    repeats > 1 ? `, asked ${repeats} times` : '',
  ].join('');
  return `${variants.length} ${variants.length === 1 ? 'variant' : 'variants'}, ${data.rows} rows (${labels})${part}`;
}

function renderRanking(ranked: readonly VariantResult[], { best, confidence_level }: ExperimentResult): string {
  const someFailed = ranked.some(({ failed }) => failed > 0);
  const someCost = ranked.some(({ cost }) => cost !== null);
  const table = new Table({
    head: [
      '',
      'variant',
      `accuracy (${percent(confidence_level, 0)})`,
      'macro-F1',
      'κ',
      ...(someFailed ? ['failed', 'failed as wrong: accuracy', 'macro-F1'] : []),
      'p50 / p95',
      'reviews/s',
      'tokens',
      ...(someCost ? ['cost of 1,000'] : []),
    ],
    style: plain,
    chars: compact,
    colAligns: ['left', 'left', ...Array.from({ length: 11 }, () => 'right' as const)],
  });
  for (const variant of ranked) table.push(rankingRow(variant, best, someFailed, someCost));
  const legend = best.length > 1 ? '* best   = no test tells it from the best' : '* best';
  return `${table.toString()}\n${best.length > 0 ? legend : ''}`.trimEnd();
}

function rankingRow(variant: VariantResult, best: readonly string[], someFailed: boolean, someCost: boolean): string[] {
  const { name, problem, accuracy, macro_f1, kappa, failed, rows, failures_as_wrong: strict, cost } = variant;
  const mark = best[0] === name ? '*' : best.includes(name) ? '=' : '';
  const width = 6 + (someFailed ? 3 : 0) + (someCost ? 1 : 0);
  if (problem)
    return [mark, name, paint(`not measured [${problem.code}]`, 'bad'), ...Array.from({ length: width }, () => '–')];
  const { p50, p95 } = variant.latency_ms;
  const { reviews_per_second: speed, tokens } = variant;
  return [
    mark,
    mark === '*' ? paint(name, 'best') : name,
    interval(accuracy),
    share(macro_f1, 3),
    share(kappa, 3),
    ...(someFailed ? [`${failed} of ${rows}`, interval(strict.accuracy), share(strict.macro_f1, 3)] : []),
    p50 === null || p95 === null ? '–' : `${renderDuration(p50)} / ${renderDuration(p95)}`,
    speed === null ? '–' : speed.toFixed(speed < 10 ? 2 : 0),
    tokens.per_review === null ? '–' : tokens.per_review.toFixed(0),
    ...(someCost ? [cost === null ? '–' : `${cost.per_1000_reviews.toPrecision(3)} ${cost.currency}`] : []),
  ];
}

function interval({ value, lower, upper }: ProportionMetric): string {
  return value === null ? '–' : `${percent(value)} (${percent(lower).replace(' %', '')}–${percent(upper)})`;
}

function renderPairs({ pairs }: ExperimentResult): string {
  return pairs.map(({ sentence }) => `- ${sentence}`).join('\n');
}

function renderPareto({ pareto, variants }: ExperimentResult): string {
  if (variants.length < 2) return '';
  const line = (what: string, names: readonly string[]) =>
    names.length === 0 ? [] : [`not surpassed in both macro-F1 and ${what}: ${names.join(', ')}`];
  return [...line('speed', pareto.macro_f1_and_speed), ...line('tokens', pareto.macro_f1_and_tokens)].join('\n');
}

/** Precision, recall and F1 of each class. */
function renderClasses(variants: readonly VariantResult[]): string {
  const table = new Table({
    head: ['variant', 'class', 'precision', 'recall', 'F1', 'rows', 'balanced accuracy', 'MCC'],
    style: plain,
    chars: compact,
    colAligns: ['left', 'left', 'right', 'right', 'right', 'right', 'right', 'right'],
  });
  for (const { name, classes, balanced_accuracy, mcc } of variants) {
    for (const [index, [label, { precision, recall, f1, support }]] of Object.entries(classes).entries()) {
      const first = index === 0;
      table.push([
        first ? name : '',
        label,
        share(precision, 3),
        share(recall, 3),
        share(f1, 3),
        support,
        first ? share(balanced_accuracy, 3) : '',
        first ? share(mcc, 3) : '',
      ]);
    }
  }
  return variants.length === 0 ? '' : table.toString();
}

/** Right labels down, answers across. */
function renderConfusion({ name, confusion }: VariantResult): string {
  const { labels, counts, unanswered } = confusion;
  const table = new Table({
    head: [`${name}: label ↓ answer →`, ...labels, 'none'],
    style: plain,
    chars: compact,
    colAligns: ['left', ...Array.from({ length: labels.length + 1 }, () => 'right' as const)],
  });
  for (const [index, label] of labels.entries()) table.push([label, ...(counts[index] ?? []), unanswered[index] ?? 0]);
  return table.toString();
}

/** How sure the answers were; nothing where none has a confidence. */
function renderConfidence(variants: readonly VariantResult[]): string {
  const confident = variants.filter(({ confidence }) => confidence.answers > 0);
  if (confident.length === 0) return '';
  const table = new Table({
    head: ['variant', 'mean confidence', 'Brier', 'log loss', 'calibration error', 'ROC area', 'surest 80 %', '50 %'],
    style: plain,
    chars: compact,
    colAligns: ['left', ...Array.from({ length: 7 }, () => 'right' as const)],
  });
  for (const { name, confidence } of confident) {
    table.push([
      name,
      share(confidence.mean, 3),
      share(confidence.brier, 3),
      share(confidence.log_loss, 3),
      share(confidence.expected_calibration_error, 3),
      share(confidence.area_under_roc, 3),
      surest(confidence, 0.8),
      surest(confidence, 0.5),
    ]);
  }
  return table.toString();
}

/** The accuracy of the surest answers. */
function surest({ risk_coverage: curve }: VariantResult['confidence'], part: number): string {
  const point = curve.find(({ coverage }) => coverage >= part - 1e-9);
  return point === undefined ? '–' : percent(1 - point.risk);
}

/** How much of the answers is chance; nothing where every row was asked once. */
function renderStability(variants: readonly VariantResult[]): string {
  const repeated = variants.filter(({ stability }) => stability !== null);
  if (repeated.length === 0) return '';
  const table = new Table({
    head: ['variant', 'repeats', 'rows that change', 'accuracy, mean', 'always right', 'error of rows', 'of the model'],
    style: plain,
    chars: compact,
    colAligns: ['left', ...Array.from({ length: 6 }, () => 'right' as const)],
  });
  for (const { name, stability } of repeated) {
    if (!stability) continue;
    const { repeats, changed, changed_share, mean_accuracy, all_right_share, variance } = stability;
    const error = (value: number | null) => (value === null ? '–' : `± ${percent(Math.sqrt(value), 2)}`);
    table.push([
      name,
      repeats,
      `${changed} (${changed_share === null ? '–' : percent(changed_share)})`,
      mean_accuracy === null ? '–' : percent(mean_accuracy),
      all_right_share === null ? '–' : percent(all_right_share),
      error(variance.sampling),
      error(variance.model),
    ]);
  }
  return table.toString();
}

/** The most frequent failures of each variant; nothing where there are none. */
function renderVariantFailures(variants: readonly VariantResult[]): string {
  if (variants.every(({ errors }) => errors.length === 0)) return '';
  const table = new Table({ head: ['variant', 'failures', 'code', 'message'], style: plain, chars: compact });
  for (const { name, errors } of variants) {
    for (const [index, { count, code, message }] of errors.slice(0, 3).entries()) {
      table.push([
        index === 0 ? name : '',
        { content: String(count), hAlign: 'right' },
        paint(code, 'bad'),
        cut(message, 80),
      ]);
    }
  }
  return table.toString();
}

const textWidth = 60;

/** Rows that people may look through; data has all of them. */
const mostShown = 200;

/** The rows that divide the variants, with the names of those behind each answer. */
function renderDisagreements(rows: readonly Disagreement[], texts: ReadonlyMap<number, string>): string {
  if (rows.length === 0) return '';
  const table = new Table({
    head: ['rows that divide', 'label', 'answers', 'text'],
    style: plain,
    chars: compact,
    colWidths: [null, null, 52, textWidth + 2],
    wordWrap: true,
  });
  for (const { id, expected, answers, index } of rows) {
    table.push([cut(id, 20), expected, answersOf(answers), cut(texts.get(index) ?? '', textWidth)]);
  }
  return table.toString();
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
  const table = new Table({
    head: ['row', 'label', a, b, 'text'],
    style: plain,
    chars: compact,
    colWidths: [null, null, null, null, textWidth + 2],
  });
  for (const { row, ...answers } of differences.slice(0, mostShown)) {
    const mark = (answer: string | null) => `${answer ?? 'none'}${answer === row.expected ? ' ✓' : ''}`;
    table.push([cut(row.id, 20), row.expected, mark(answers.a), mark(answers.b), cut(row.text, textWidth)]);
  }
  const more = differences.length > mostShown ? `the first ${mostShown} of them; --json has all\n` : '';
  const rows = differences.length === 1 ? '1 row' : `${differences.length} rows`;
  return `${rows} that ${a} and ${b} answer differently\n${table.toString()}\n${more}`;
}
