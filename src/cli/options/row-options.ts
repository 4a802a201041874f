import { dataFormats } from '../../data/data-format.js';
import { defaults } from '../../foundation/defaults.js';
import { flag, type OptionDefinition } from './option-definition.js';

const columnOfText = 'the only column with a usual name, such as text or review';

/** Which rows and columns are read, and how. */
export const rowOptions = {
  limit: flag('wholeNumber', '--limit <n>', 'only the first N rows', { least: 1 }),
  sample: flag('wholeNumber', '--sample <n>', 'only N random rows', { least: 1 }),
  seed: flag('wholeNumber', '--seed <s>', 'seed of --sample', {
    env: true,
    shownDefault: `${defaults.seed}`,
    least: 0,
  }),
  text: flag('text', '--text <column>', 'column of the text', { shownDefault: columnOfText }),
  vars: flag('columnNames', '--var <name=column>', 'a column that the template shows as {{name}}; repeatable', {
    key: 'var',
    shownDefault: 'each column by its own name, such as review_text for Review Text',
  }),
  id: flag('text', '--id <column>', 'column of the id', { shownDefault: 'row number' }),
  label: flag('text', '--label <column>', 'column of the gold label; predictions are compared with it'),
  gold: flag('texts', '--label <column>', 'column of the gold label; FIELD=COLUMN for another field; repeatable'),
  map: flag('labelMap', '--map <a=x,b=y>', 'translates values of the label column; a= excludes its rows; repeatable'),
  format: flag('dataFormat', '--format <f>', `format of - (stdin): ${dataFormats.join(', ')}`),
  delimiter: flag('delimiter', '--delimiter <c>', 'separator of cells, such as ; or tab', {
    key: 'input.delimiter',
    shownDefault: 'detected from the header',
  }),
  encoding: flag('encoding', '--encoding <name>', 'encoding of text, such as windows-1252 or utf-16le', {
    key: 'input.encoding',
    shownDefault: 'utf-8',
  }),
  blank: flag('list', '--blank <a,b>', 'cells that count as blank, such as N/A', {
    key: 'input.blank',
    shownDefault: 'only cells without visible text',
  }),
} as const satisfies Readonly<Record<string, OptionDefinition>>;
