import type { QualitySummary } from '../analysis/label-comparison.js';
import { share } from './show-number.js';
import { Table } from './table.js';
import { compact, plain } from './table-style.js';

/** With more labels the confusion matrix is too wide for a table. */
const mostColumns = 6;

/** Each gold label with its metrics and, where there are few labels, what was answered. Plain text without colour. */
export function renderQuality({ per_class, confusion }: Pick<QualitySummary, 'per_class' | 'confusion'>): string {
  const { labels, counts, unanswered } = confusion;
  const someFailed = unanswered.some((count) => count > 0);
  const answers = labels.length <= mostColumns ? labels.map((label) => `→ ${label}`) : [];
  const head = ['gold label', 'rows', 'precision', 'recall', 'F1', ...answers, ...(someFailed ? ['failed'] : [])];
  const table = new Table({
    head,
    style: plain,
    chars: compact,
    colAligns: ['left', ...Array.from({ length: head.length - 1 }, () => 'right' as const)],
  });
  for (const [index, label] of labels.entries()) {
    const { precision = 0, recall = 0, f1 = 0, support = 0 } = per_class[label] ?? {};
    const matrix = answers.length > 0 ? (counts[index] ?? []) : [];
    const failed = someFailed ? [unanswered[index] ?? 0] : [];
    table.push([label, support, share(precision, 3), share(recall, 3), share(f1, 3), ...matrix, ...failed]);
  }
  return table.toString();
}
