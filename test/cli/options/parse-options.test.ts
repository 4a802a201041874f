import { describe, expect, it } from 'vitest';
import type { OptionDefinition } from '../../../src/cli/options/option-definition.js';
import { type OptionName, optionTable } from '../../../src/cli/options/option-table.js';
import { parseFlags } from '../../../src/cli/options/parse-options.js';

const definitions: readonly (readonly [string, OptionDefinition])[] = Object.entries(optionTable);

/** Options that name one file to write, by their flags. */
const written = definitions.filter(([name, { flag = '', help = '' }]) => {
  const isRepeatable = /repeatable/.test(help);
  return !isRepeatable && (/^--(out-|save-|events|junit|markdown|trace)/.test(flag) || name === 'outPrompt');
});

describe('an option that is given twice', () => {
  it.each(written.map(([name]) => name as OptionName))('is rejected where it names a file to write: %s', (name) => {
    const parse = () => parseFlags([name], { [name]: ['one.csv', 'another.csv'] }, {});
    expect(parse).toThrow("argument 'one.csv another.csv' is invalid. It can be given only once; see --help");
  });

  it('has the last value elsewhere', () => {
    expect(parseFlags(['limit', 'store'], { limit: ['5', '6'], store: ['a.db', 'b.db'] }, {})).toEqual({
      limit: 6,
      store: 'b.db',
    });
  });

  it('may name the same file again', () => {
    expect(parseFlags(['junit'], { junit: ['a.xml', 'a.xml'] }, {})).toEqual({ junit: 'a.xml' });
  });
});
