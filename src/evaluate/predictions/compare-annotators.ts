import { GoldLabels, ValuesOutside } from '../../analysis/gold-labels.js';
import { resolveColumn } from '../../data/resolve-column.js';
import { cellText } from '../../data/result-text.js';
import { cellOf, type Row } from '../../data/row.js';
import { defaults } from '../../foundation/defaults.js';
import {
  type EstimatedAgreement,
  fleissKappa,
  type ItemLabels,
  krippendorffAlpha,
  pairKappa,
} from '../../foundation/statistics/annotator-agreement.js';
import { seededRandom } from '../../foundation/statistics/random-variates.js';
import { foldName } from '../../foundation/text/visible-text.js';
import { ComparisonError } from './predictions.js';

/** How far annotators agree. Field names are those of the JSON output. */
export interface AnnotatorComparison {
  /** Version of this format: grows when a field changes its meaning. */
  readonly version: 1;
  readonly items: number;
  readonly labels: readonly string[];
  /** The items that each annotator labelled. */
  readonly annotators: readonly { readonly name: string; readonly labelled: number }[];
  readonly confidence_level: number;
  readonly krippendorff_alpha: AgreementMetric;
  /** Null without an order of the labels. */
  readonly krippendorff_alpha_ordinal: AgreementMetric | null;
  readonly fleiss_kappa: AgreementMetric;
  /** Cohen's κ of every two annotators. */
  readonly pairs: readonly (AgreementMetric & { readonly a: string; readonly b: string; readonly equal: number })[];
}

/** A coefficient; null if it is not defined. The interval is null too where too many samples have one label only. */
interface AgreementMetric {
  readonly value: number | null;
  readonly lower: number | null;
  readonly upper: number | null;
  /** Items that count. */
  readonly items: number;
}

interface AnnotatorOptions {
  /** Columns; two or more. */
  readonly annotators: readonly string[];
  /** The labels from the lowest to the highest. */
  readonly order?: readonly string[] | undefined;
  readonly translations?: ReadonlyMap<string, string> | undefined;
  /** Cells that count as blank, folded. */
  readonly blank: ReadonlySet<string>;
  readonly seed?: number | undefined;
}

const confidence = 0.95;

/** More labels than this are texts or numbers. */
const mostLabels = 100;

/**
 * Measures how far the annotators of the same items agree.
 * @throws ColumnError; ComparisonError for fewer than two annotators, and labels outside the order
 */
export function compareAnnotators(rows: readonly Row[], options: AnnotatorOptions): AnnotatorComparison {
  const { order, translations, blank, seed = defaults.seed } = options;
  const columns = annotatorColumns(rows, options.annotators);
  const translated = new GoldLabels(order ?? [], translations);
  const readable = rows.filter(({ problem }) => problem === null);
  const cells = readable.map((row) =>
    columns.map((column) => {
      const text = cellText(cellOf(row, column));
      return blank.has(foldName(text)) ? undefined : translated.labelOf(text);
    }),
  );
  const labels = order ?? labelsIn(cells.flat());
  if (order) refuseOutside(cells.flat(), order);
  const positions = new Map(labels.map((label, position) => [foldName(label), position]));
  const items: readonly ItemLabels[] = cells.map((given) =>
    given.map((label) => (label === undefined ? null : (positions.get(foldName(label)) ?? null))),
  );
  const size = labels.length;
  const random = seededRandom(seed);
  return {
    version: 1,
    items: items.length,
    labels,
    annotators: columns.map((name, column) => ({
      name,
      labelled: items.filter((given) => (given[column] ?? null) !== null).length,
    })),
    confidence_level: confidence,
    krippendorff_alpha: metricOf(krippendorffAlpha(items, size, 'nominal', random, { confidence })),
    krippendorff_alpha_ordinal: order
      ? metricOf(krippendorffAlpha(items, size, 'ordinal', random, { confidence }))
      : null,
    fleiss_kappa: metricOf(fleissKappa(items, size, random, { confidence })),
    pairs: columns.flatMap((a, first) =>
      columns.slice(first + 1).map((b, next) => {
        const both = items.map((given): ItemLabels => [given[first] ?? null, given[first + 1 + next] ?? null]);
        const equal = both.filter(([one = null, other]) => one !== null && one === other).length;
        return { a, b, equal, ...metricOf(pairKappa(both, size, random, { confidence })) };
      }),
    ),
  };
}

function annotatorColumns(rows: readonly Row[], annotators: readonly string[]): readonly string[] {
  const names = [...new Set(rows.flatMap(({ columns }) => columns))];
  const columns = annotators.map((name) => resolveColumn(names, name, 'annotators'));
  if (new Set(columns).size === columns.length && columns.length > 1) return columns;
  throw new ComparisonError(
    columns.length > 1 ? 'an annotator is named twice' : 'agreement needs two annotators at least',
    ['name a column for each with ', { option: 'annotators', value: 'a,b' }],
  );
}

/** The labels that occur, each as it is written first, in the order of their code units. */
function labelsIn(given: readonly (string | undefined)[]): readonly string[] {
  const byForm = new Map<string, string>();
  for (const label of given)
    if (label !== undefined && !byForm.has(foldName(label))) byForm.set(foldName(label), label);
  if (byForm.size <= mostLabels) return [...byForm.values()].sort();
  throw new ComparisonError(
    `the annotators gave ${byForm.size} different labels`,
    `a comparison takes at most ${mostLabels}: check that these are the columns of labels`,
  );
}

function refuseOutside(given: readonly (string | undefined)[], order: readonly string[]): void {
  const known = new Set(order.map(foldName));
  const outside = new ValuesOutside();
  for (const label of given) if (label !== undefined && !known.has(foldName(label))) outside.add(label);
  if (outside.rows === 0) return;
  throw new ComparisonError(`labels that are not in the order ${order.join(', ')}: ${outside.list()}`, [
    'name all labels with ',
    { option: 'order' },
    ', or translate them with ',
    { option: 'map' },
  ]);
}

function metricOf({ value, interval, items }: EstimatedAgreement): AgreementMetric {
  return { value, lower: interval?.lower ?? null, upper: interval?.upper ?? null, items };
}
