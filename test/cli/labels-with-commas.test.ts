import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../harness/cli-process.js';
import { runCli } from '../harness/run-cli.js';

function withRows(): string {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'rows.csv'), 'text,label\ngreat,"good, very"\nbad,awful\n');
  return folder;
}

const lexicon = ['analyze', 'rows.csv', '--provider', 'lexicon', '--label', 'label', '--json'];

describe('labels with commas', { timeout: 20_000 }, () => {
  it('are suggested as --map reads them', async () => {
    const cwd = withRows();
    const unmapped = await runCli(lexicon, { cwd });
    expect(unmapped.code).toBe(2);
    const [, suggested = ''] = /--map '([^']+)'/.exec(unmapped.stderr) ?? [];
    expect(suggested).toBe('"good, very"=LABEL,awful=LABEL');
    const map = suggested.replace('LABEL', 'positive').replace('LABEL', 'negative');
    const mapped = await runCli([...lexicon, '--map', map], { cwd });
    expect(mapped.code, mapped.stderr).toBe(0);
    expect(JSON.parse(mapped.stdout).accuracy).toBe(1);
  });

  it('are listed as --labels reads them', async () => {
    const choice = ['--data', 'rows.csv', '--provider', 'lexicon', '--label', 'label', '--labels', 'positive,"so, so"'];
    const { stderr } = await runCli(['experiment', ...choice], { cwd: withRows() });
    expect(stderr).toContain('2 rows have a label that is none of positive, "so, so": ');
    const mapped = await runCli([...lexicon, '--labels', 'positive,"so, so"', '--map', 'awful=so'], {
      cwd: withRows(),
    });
    expect(mapped.stderr).toContain('--map translates into \'so\', and the labels are positive, "so, so"; ');
  });

  it.each([
    ['--labels', 'positive,"bad, very', 'a,"b, c",d'],
    ['--map', '"good, very=positive', 'a=x,"b, c"=y'],
  ])('are rejected in one line where a quote is not closed: %s %s', async (option, text, example) => {
    const { code, stderr } = await runCli([...lexicon, option, text], { cwd: withRows() });
    expect(code).toBe(2);
    expect(stderr.trim().split('\n')).toHaveLength(1);
    expect(stderr).toContain(`It must be a list in one line such as ${example}, with every quote closed; see --help`);
  });
});
