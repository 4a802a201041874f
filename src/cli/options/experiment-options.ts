import { inputEndings } from '../../data/data-format.js';
import type { SplitName } from '../../evaluate/experiment/labelled-rows.js';
import { defaults } from '../../foundation/defaults.js';
import type { Metric } from '../../foundation/statistics/metric-covariance.js';
import { flag, type OptionDefinition } from './option-definition.js';

const criteria = ['accuracy', 'macro-f1'] as const satisfies readonly Metric[];
const splits = ['train', 'validation'] as const satisfies readonly SplitName[];

/** What `experiment` has beside the options of a run. */
export const experimentOptions = {
  data: flag('text', '--data <file>', `labelled rows: ${inputEndings}`),
  field: flag('text', '--field <name>', 'field of the answers, of type enum or boolean, that is compared', {
    shownDefault: 'the label',
  }),
  options: flag(
    'optionValues',
    '--option <name=v1,v2>',
    'values to try of temperature, seed, max_output_tokens or context_tokens; repeatable',
  ),
  repeats: flag('wholeNumber', '--repeats <n>', 'runs every variant N times, each with a different seed', {
    shownDefault: `${defaults.repeats}`,
    least: 1,
  }),
  blocks: flag('wholeNumber', '--blocks <n>', 'variants take turns in N blocks of rows; 1: one after the other', {
    shownDefault: '10; 5 for several models; fewer for few rows',
    least: 1,
  }),
  repeatSample: {
    type: 'switch',
    off: ['--no-repeat-sample', 'does not send 5 % of the rows (20 to 100) again to see how much answers vary'],
  },
  criterion: flag(
    'choice',
    '--criterion <metric>',
    'metric that decides which variant is best, in tests and Pareto fronts; failed rows count as wrong',
    { choices: criteria, shownDefault: 'accuracy; macro-f1 where the classes are unbalanced' },
  ),
  split: flag(
    'choice',
    '--split <half>',
    'only one half of the rows, chosen by a hash of the text: duplicates are in the same half',
    {
      choices: splits,
    },
  ),
  outDisagreements: flag(
    'output',
    '--out-disagreements <file>',
    'suspected label errors: rows where several variants confidently predict another label',
  ),
  diff: flag('texts', '--diff <variant...>', 'two variants: shows the rows on which they disagree'),
  assertVariants: flag(
    'variantThresholds',
    '--assert <condition>',
    "threshold for the best variant ('macro_f1>=0.8'), for one ('NAME: macro_f1>=0.8') or for all ('every: …'); repeatable",
  ),
  baseline: flag(
    'text',
    '--baseline <run>',
    'fails if the best variant is significantly worse than this recorded run (an id, or latest)',
  ),
  junit: flag('text', '--junit <file>', 'thresholds and failures as JUnit XML, one suite for each variant'),
  markdown: flag('fileOrStdout', '--markdown <file>', 'the summary as Markdown; - is stdout, instead of the table'),
  search: flag(
    'choice',
    '--search <what>',
    'searches for examples for one prompt on the training half, and compares them on the other half',
    { choices: ['few-shot'] },
  ),
  examples: flag('wholeNumber', '--examples <n>', 'for --search: number of examples for each label', {
    shownDefault: `${defaults.examples}`,
    least: 1,
  }),
  restarts: flag('wholeNumber', '--restarts <n>', 'for --search: number of random draws of examples', {
    shownDefault: `${defaults.restarts}`,
    least: 1,
  }),
  outPrompt: flag('text', '--out-prompt <file>', 'for --search: the .prompt file to write'),
} as const satisfies Readonly<Record<string, OptionDefinition>>;
