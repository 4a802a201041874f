import type { AnnotatorComparison } from '../evaluate/predictions/compare-annotators.js';
import { plural } from '../foundation/text/message-text.js';
import { percent, share } from './format-values.js';
import { compactTable } from './table.js';

/** How far annotators agree, as tables. Ends in a line break. */
export function renderAgreement(result: AnnotatorComparison): string {
  const { items, labels, annotators, confidence_level: level } = result;
  const who = annotators.map(({ name, labelled }) => `${name} ${labelled}`).join(', ');
  const interval = `${percent(level, 0)} interval`;
  const metrics = [
    rowOf("Krippendorff's α, nominal", result.krippendorff_alpha),
    ...(result.krippendorff_alpha_ordinal
      ? [rowOf("Krippendorff's α, ordinal", result.krippendorff_alpha_ordinal)]
      : []),
    rowOf("Fleiss' κ, items of all annotators", result.fleiss_kappa),
  ];
  const pairs = result.pairs.map(({ a, b, equal, ...metric }) => [
    ...rowOf(`${a}, ${b}`, metric),
    metric.items === 0 ? '–' : percent(equal / metric.items),
  ]);
  return [
    `${plural(items, 'item')}, labels ${labels.join(', ')}; labelled: ${who}`,
    compactTable(['coefficient', 'value', interval, 'items'], metrics, { left: 1 }),
    compactTable(["Cohen's κ", 'value', interval, 'items', 'equal labels'], pairs, { left: 1 }),
    '',
  ].join('\n');
}

type Metric = AnnotatorComparison['krippendorff_alpha'];

function rowOf(name: string, { value, lower, upper, items }: Metric): string[] {
  const shown = value === null ? 'not defined' : share(value, 3);
  return [name, shown, lower === null || upper === null ? '–' : `${share(lower, 3)} to ${share(upper, 3)}`, `${items}`];
}
