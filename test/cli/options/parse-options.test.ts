import { describe, expect, it } from 'vitest';
import type { OptionDefinition } from '../../../src/cli/options/option-definition.js';
import { type OptionName, optionTable } from '../../../src/cli/options/option-table.js';
import { parseFlags } from '../../../src/cli/options/parse-options.js';

const definitions: readonly (readonly [string, OptionDefinition])[] = Object.entries(optionTable);

/** Options that take one value, or several; switches aside. */
const withValue = definitions.filter(([, { flag, type }]) => flag !== undefined && type !== 'switch');
const several = withValue.filter(([, { help = '', flag = '' }]) => /repeatable/.test(help) || flag.endsWith('...>'));
const single = withValue.filter(([name]) => !several.some(([other]) => other === name));

describe('an option that is given twice', () => {
  it.each(single.map(([name]) => name as OptionName))('is rejected where it has one value: %s', (name) => {
    const parse = () => parseFlags([name], { [name]: ['one.csv', 'another.csv'] }, {});
    expect(parse).toThrow("argument 'one.csv another.csv' is invalid. It can be given only once; see --help");
  });

  it.each(several.map(([name]) => name as OptionName))(
    'is not rejected for that where it takes several: %s',
    (name) => {
      const parse = () => parseFlags([name], { [name]: ['one.csv', 'another.csv'] }, {});
      try {
        parse();
      } catch (error) {
        expect(String(error)).not.toContain('only once');
      }
    },
  );

  it('may have the same value again', () => {
    expect(parseFlags(['limit'], { limit: ['5', '5'] }, {})).toEqual({ limit: 5 });
  });
});
