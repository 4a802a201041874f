import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { renderBar, renderProgress } from '../../../src/cli/progress/render-progress.js';
import { displayWidth } from '../../../src/report/terminal-text.js';

const view = {
  done: 30,
  total: 120,
  failed: 2,
  reused: 0,
  byLabel: new Map([
    ['positive', 20],
    ['negative', 8],
  ]),
  elapsedMs: 10_000,
  perSecond: 3,
  leftMs: 30_000,
  wait: null,
};

describe('progress', () => {
  it('tells what is done, failed, how fast, how long still, and the labels so far', () => {
    expect(renderProgress(view)).toBe('30/120 (25%) · 2 failed · 3.0/s · 30.0 s left · positive 20, negative 8');
  });

  it('tells what is waited for right behind what is done', () => {
    expect(renderProgress({ ...view, wait: 'waiting 41 s: server asked for a pause', failed: 0, leftMs: null })).toBe(
      '30/120 (25%) · waiting 41 s: server asked for a pause · 3.0/s · positive 20, negative 8',
    );
  });

  it('shows no speed where everything was reused', () => {
    expect(renderProgress({ ...view, reused: 30, leftMs: null })).not.toContain('/s');
  });

  it('promises no end where the input was not counted', () => {
    expect(renderProgress({ ...view, total: null, failed: 0, leftMs: null })).toBe(
      '30 reviews · 3.0/s · positive 20, negative 8',
    );
  });

  it('says 100 % only when everything is done', () => {
    expect(renderProgress({ ...view, done: 999, total: 1_000 })).toContain('999/1000 (99%)');
  });

  it('shows no control characters of labels and reasons', () => {
    const hostile = { ...view, byLabel: new Map([['a\u001b[2J', 1]]), wait: 'b\u0007', note: 'c\rd' };
    expect(renderBar(hostile, 300)).not.toMatch(/\p{Cc}/u);
  });
});

describe('a bar', () => {
  it('stands before everything where there is room', () => {
    expect(renderBar(view, 200)).toMatch(/^█{6}░{18} 30\/120 .*negative 8$/);
  });

  it('leaves out the least important part first: labels, then the speed, then the bar', () => {
    const waiting = { ...view, wait: 'waiting 41 s: server asked for a pause' };
    expect(renderBar(view, 80)).toBe(`${'█'.repeat(6)}${'░'.repeat(18)} 30/120 (25%) · 2 failed · 3.0/s · 30.0 s left`);
    expect(renderBar(view, 65)).toBe(`${'█'.repeat(6)}${'░'.repeat(18)} 30/120 (25%) · 2 failed · 30.0 s left`);
    expect(renderBar(waiting, 80)).toBe(
      '30/120 (25%) · waiting 41 s: server asked for a pause · 2 failed · 30.0 s left',
    );
    expect(renderBar(waiting, 60)).toBe('30/120 (25%) · waiting 41 s: server asked for a pause');
    expect(renderBar(waiting, 20)).toBe('30/120 (25%)');
  });

  it('never takes more columns than there are, whatever is in it', () => {
    const label = fc.string({
      unit: fc.constantFrom('积', '👍🏽', 'e\u0301', '\u200b', 'a', '👨‍👩‍👧', 'ｗ'),
      maxLength: 30,
    });
    const views = fc.record({
      byLabel: fc.array(fc.tuple(label, fc.nat())).map((pairs) => new Map(pairs)),
      wait: fc.option(label),
      note: label,
      done: fc.nat(),
    });
    fc.assert(
      fc.property(views, fc.integer({ min: 12, max: 200 }), (some, columns) => {
        expect(displayWidth(renderBar({ ...view, ...some }, columns))).toBeLessThan(columns);
      }),
    );
  });
});
