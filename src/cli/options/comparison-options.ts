import { flag, type OptionDefinition } from './option-definition.js';

const missing = ['exclude', 'wrong'] as const;

/** What commands have that read predictions or annotations of others. */
export const comparisonOptions = {
  goldColumn: flag('text', '--gold <column>', 'column of the gold label, in any of the files'),
  predictions: flag('texts', '--prediction <column>', 'column of the predictions; repeatable: each is a variant', {
    shownDefault: 'chorale_sentiment, prediction, label or the like',
  }),
  field: flag('text', '--field <name>', 'field of the answers: column chorale_NAME or NAME, or key of JSON outputs'),
  annotators: flag('list', '--annotators <a,b,c>', 'columns of the labels that two or more annotators gave'),
  order: flag('list', '--order <a,b,c>', 'the labels from the lowest to the highest: adds the ordinal coefficient'),
  missing: flag('choice', '--missing <how>', 'rows that a variant has no prediction for: excluded for all, or wrong', {
    choices: missing,
    default: 'exclude',
  }),
} as const satisfies Readonly<Record<string, OptionDefinition>>;
