import type { Check } from '../evaluate/experiment/experiment-result.js';
import type { PredictionComparison } from '../evaluate/predictions/compare-predictions.js';
import { plural } from '../foundation/text/message-text.js';
import { cut } from './format-values.js';
import {
  describeCriterion,
  rankVariants,
  renderClasses,
  renderConfidence,
  renderConfusion,
  renderDisagreements,
  renderPairs,
  renderRanking,
} from './render-classifiers.js';
import { escapeMarkdown, renderMarkdown } from './render-markdown.js';

/** The tables of predictions that stood in files. Ends in a line break. @param texts of the rows, by index */
export function renderPredictions(result: PredictionComparison, texts: ReadonlyMap<number, string>): string {
  const ranked = rankVariants(result);
  const [best] = ranked;
  const parts = [
    renderHead(result),
    renderRanking(result, { head: ['predictions'], cellsOf: ({ file, source }) => [cut(`${file}, ${source}`, 60)] }),
    renderPairs(result),
    renderClasses(ranked),
    best ? renderConfusion(best) : '',
    renderConfidence(ranked),
    renderDisagreements(result.dividing_rows.slice(0, 10), texts),
  ];
  return `${parts.filter((part) => part !== '').join('\n\n')}\n`;
}

function renderHead(result: PredictionComparison): string {
  const { data, variants } = result;
  const labels = data.labels.map((label) => `${label} ${data.label_counts[label] ?? 0}`).join(', ');
  return `${plural(variants.length, 'variant')}, ${plural(data.rows, 'row')} (${labels}), ${describeCriterion(result)}`;
}

/** The same as GitHub-flavoured Markdown. */
export function renderPredictionsMarkdown(result: PredictionComparison, checks: readonly Check[] = []): string {
  return renderMarkdown(result, {
    title: 'chorale compare',
    head: renderHead(result),
    further: { head: ['predictions'], cellsOf: ({ file, source }) => [escapeMarkdown(`${file}, ${source}`)] },
    checks,
  });
}
