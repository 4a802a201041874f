import type { VariantResult } from '../evaluate/experiment/variant-result.js';
import { paint } from './colour.js';
import { cut, percent, share } from './show-number.js';
import { Table } from './table.js';
import { compact, plain } from './table-style.js';

/** Precision, recall and F1 of each class. */
export function renderClasses(variants: readonly VariantResult[]): string {
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
export function renderConfusion({ name, confusion }: VariantResult): string {
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
export function renderConfidence(variants: readonly VariantResult[]): string {
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
export function renderStability(variants: readonly VariantResult[]): string {
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
export function renderVariantFailures(variants: readonly VariantResult[]): string {
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
