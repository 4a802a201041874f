import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Check } from '../../src/evaluate/experiment/experiment-result.js';
import { renderJunit } from '../../src/report/render-junit.js';
import { renderExperimentMarkdown } from '../../src/report/render-markdown.js';
import { right, runSample, sampleRows, wrongEvery } from '../evaluate/experiment/sample-experiment.js';

const { result } = await runSample(
  { a: right, b: wrongEvery(2), c: (text, index) => (index < 3 ? new Error('no') : (text.split(' ')[1] ?? '')) },
  sampleRows(40),
);
const hostile = '<b>&"\'|`x`\u0000\u001b[31m\uFFFF]]>\n| @user #1 [l](http://x.y) ';

/** The same experiment with its first variant called otherwise. */
function called(name: string) {
  const [first, ...others] = result.variants;
  if (!first) throw new Error('no variant');
  return { ...result, variants: [{ ...first, name }, ...others], best: [name], warnings: [name], pairs: [] };
}

const check = (variant: string, missed: string | null): Check => ({ variant, name: 'macro_f1>=0.8', missed });

describe('an experiment as JUnit XML', () => {
  it('has a suite for each variant, and a case for each condition and for failures', () => {
    const xml = renderJunit(result, [check('a', null), check('b', 'macro_f1>=0.8 (it is 0.5 for b)')]);
    expect(xml).toContain('<testsuites name="chorale experiment" tests="5" failures="2"');
    expect(xml).toContain('<testsuite name="a" tests="2" failures="0">');
    expect(xml).toContain('<testcase classname="a" name="macro_f1&gt;=0.8"/>');
    expect(xml).toContain('<failure message="macro_f1&gt;=0.8 (it is 0.5 for b)">');
    expect(xml).toMatch(/classname="c" name="every row is answered">\n +<failure message="3 of 40 rows failed, most/);
  });

  it('holds nothing that XML forbids, whatever names say', () => {
    const anything = fc.oneof(fc.string({ unit: 'binary' }), fc.constant(hostile), fc.string({ unit: 'grapheme' }));
    fc.assert(
      fc.property(anything, (name) => {
        const xml = renderJunit(called(name), [check(name, name)]);
        expect(xml).not.toMatch(/[^\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]/u);
        // What is left when tags are gone holds no markup: a name opened none.
        const tag = /<(?:\?xml|\/?(?:testsuites?|testcase|failure))(?: [a-z]+="[^"<>]*")*\/?\??>/g;
        const rest = xml.replace(/<\?xml[^>]*\?>/, '').replace(tag, '');
        expect(rest).not.toMatch(/[<>]|&(?!(?:amp|lt|gt|quot|apos|#\d+);)/);
        expect(xml.match(/<testsuite /g)).toHaveLength(3);
      }),
    );
  });
});

describe('an experiment as Markdown', () => {
  it('has the variants in a table with the best one marked, sentences, conditions and warnings', () => {
    const text = renderExperimentMarkdown(result, { checks: [check('a', null), check('b', 'macro_f1>=0.8 (0.5)')] });
    expect(text).toMatch(/^\| ★ \| \*\*a\*\* \| 100\.0 % \(91\.2–100\.0 %\) \| 1\.000 \|/m);
    expect(text).toMatch(/^- a beats b by 50\.0 points/m);
    expect(text).toContain('- ✅ a: macro\\_f1&gt;=0.8\n- ❌ b: missed: macro\\_f1&gt;=0.8 (0.5)');
    expect(text).toContain('- ⚠️ 40 rows are few');
    expect(text).toMatch(/^★ best.*; a failed row counts as wrong$/m);
  });

  it('keeps its table whole, and makes no markup, whatever names say', () => {
    const anything = fc.oneof(fc.string({ unit: 'binary' }), fc.constant(hostile));
    const lines = renderExperimentMarkdown(called('x')).split('\n').length;
    fc.assert(
      fc.property(anything, (name) => {
        const text = renderExperimentMarkdown(called(name), {});
        expect(text.split('\n')).toHaveLength(lines);
        const row = text.split('\n').find((line) => line.startsWith('| ★'));
        expect(row?.replace(/\\./g, '').match(/\|/g)).toHaveLength(10);
        expect(text).not.toMatch(/[<>]|\p{Surrogate}|[^\P{Cc}\n]/u);
      }),
    );
  });

  it('shows a hostile name as text', () => {
    const text = renderExperimentMarkdown(called(hostile));
    expect(text).toContain('&lt;b&gt;&amp;"\'\\|\\`x\\`');
    expect(text).not.toMatch(/@user|#1|http:\/\/x/);
  });
});
