import { describe, expect, it } from 'vitest';
import { renderBar, renderProgress } from '../../../src/cli/progress/render-progress.js';

const progress = {
  done: 30,
  total: 120,
  failed: 2,
  reused: 0,
  byLabel: new Map([
    ['positive', 20],
    ['negative', 8],
  ]),
  elapsedMs: 10_000,
};

describe('progress', () => {
  it('tells what is done, failed, how fast, how long still, and the labels so far', () => {
    expect(renderProgress(progress)).toBe('30/120 (25%) · 2 failed · 3.0/s · 30.0 s left · positive 20, negative 8');
  });

  it('counts what was reused, which says nothing about the speed', () => {
    expect(renderProgress({ ...progress, done: 90, reused: 60 })).toBe(
      '90/120 (75%) · 60 reused · 2 failed · 3.0/s · 10.0 s left · positive 20, negative 8',
    );
  });

  it('promises no end where the input was not counted', () => {
    expect(renderProgress({ ...progress, total: null, failed: 0 })).toBe(
      '30 reviews · 3.0/s · positive 20, negative 8',
    );
  });

  it('says 100 % only when everything is done', () => {
    expect(renderProgress({ ...progress, done: 999, total: 1_000 })).toContain('999/1000 (99%)');
  });

  it('draws a bar that fits the terminal', () => {
    expect(renderBar(progress, 200)).toMatch(/^█{6}░{18} 30\/120/);
    expect(renderBar(progress, 40)).toHaveLength(39);
  });
});
