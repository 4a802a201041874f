import { describe, expect, it } from 'vitest';
import { nameOf } from '../../src/cli/command-name.js';

const root = '/home/me/chorale';

describe('the command that starts this program again', () => {
  it.each([
    ['npx chorale', { script: `${root}/dist/cli/bin.js`, folder: root }],
    ['npx chorale', { script: `${root}/dist/cli/bin.js`, folder: `${root}/examples` }],
    ['npx chorale', { script: '/data/node_modules/.bin/chorale', folder: '/data' }],
    ['chorale', { script: '/usr/local/bin/chorale', folder: '/data' }],
    ['npx /home/me/chorale', { script: '/home/me/.npm/_npx/1a2b/node_modules/.bin/chorale', folder: '/data' }],
    ['node /home/me/chorale/dist/cli/bin.js', { script: `${root}/dist/cli/bin.js`, folder: '/data' }],
    ["node '/my tools/dist/cli/bin.js'", { script: '/my tools/dist/cli/bin.js', folder: '/home/me/reviews/of/2024' }],
  ])('is %s', (expected, invocation) => {
    expect(nameOf({ ...invocation, root })).toBe(expected);
  });
});
