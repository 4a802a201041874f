import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { countRows, readOutput, whyNoPrefix } from './compare-outputs.js';

const folder = mkdtempSync(join(tmpdir(), 'chorale-compare-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const header = 'text,chorale_index,chorale_attempts,chorale_duration_ms,chorale_cached,chorale_model';
const first = '"two\nlines",0,1,12,false,m';
const second = '"a ""quoted"" one",1,1,30,false,m';

function outputOf(text: string) {
  const path = join(folder, 'output.csv');
  writeFileSync(path, text);
  return readOutput(path);
}

const whole = outputOf(`${header}\n${first}\n${second}\n`);

describe('the comparison of two results files', () => {
  it('finds every beginning of a file to be one, wherever it is cut', () => {
    const text = `${header}\n"two\nlines",0,0,0,true,m\n"a ""quoted"" one",1,0,0,true,m\n`;
    for (let end = 0; end <= text.length; end += 1) {
      expect(whyNoPrefix(outputOf(text.slice(0, end)), whole), `cut at ${end}`).toBeNull();
    }
    expect(outputOf(text)).toEqual(whole);
  });

  it.each([
    ['another value', `${header}\n${first.replace(',m', ',n')}\n`, /^row 0 is/],
    ['another order', `${header}\n${second}\n`, /^row 0 is/],
    ['a row that comes twice', `${header}\n${first}\n${first}\n`, /^row 1 is/],
    ['a row too many', `${header}\n${first}\n${second}\n${second}\n`, /^row 2 is one too many/],
    ['a last line of something else', `${header}\n${first}\n"another`, /^its last line is/],
    ['other columns', `${header},x\n`, /^its columns are/],
  ])('finds %s', (_, text, why) => {
    expect(whyNoPrefix(outputOf(text), whole)).toMatch(why);
  });

  it('counts the rows that are missing, and those that are there twice', () => {
    expect(countRows(outputOf(`${header}\n${first}\n${first}\n`), 2)).toEqual({ lost: 1, doubled: 1 });
    expect(countRows(whole, 2)).toEqual({ lost: 0, doubled: 0 });
  });
});
