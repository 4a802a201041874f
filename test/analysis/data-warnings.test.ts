import { describe, expect, it } from 'vitest';
import { LabelContradictions, RepeatedIds } from '../../src/analysis/data-warnings.js';

describe('texts with different gold labels', () => {
  it('are counted once each, with the rows of the first ones and no text', () => {
    const contradictions = new LabelContradictions();
    for (let row = 0; row < 20; row += 1) {
      contradictions.add(row, `Great  thing ${row >> 1}`, row % 2 === 0 ? 'negative' : 'positive');
    }
    contradictions.add(20, 'great thing 0', 'positive');
    const [warning = ''] = contradictions.warnings();
    expect(warning).toMatch(/^10 texts have contradictory gold labels: rows 1 \(negative\) and 2 \(positive\), /);
    expect(warning).toContain('rows 5 (negative) and 6 (positive), …;');
    expect(warning).not.toContain('thing');
  });

  it('are none where copies agree, texts differ or are missing', () => {
    const contradictions = new LabelContradictions();
    contradictions.add(0, 'same', 'a');
    contradictions.add(1, ' SAME ', 'a');
    contradictions.add(2, 'other', 'b');
    contradictions.add(3, null, 'b');
    contradictions.add(4, null, 'a');
    expect(contradictions.warnings()).toEqual([]);
  });
});

describe('ids of several rows', () => {
  it('are counted, and the first are named, cut short and without control characters', () => {
    const ids = new RepeatedIds();
    for (const id of ['a', 'b', 'a', 'a', 'x\u001b'.repeat(80), 'x\u001b'.repeat(80)]) ids.add(id);
    const [warning = ''] = ids.warnings();
    expect(warning).toMatch(/^3 rows have the id of an earlier row: 'a', 'x\\u001bx/);
    expect(warning.length).toBeLessThan(400);
  });

  it('are nothing to say where all differ', () => {
    const ids = new RepeatedIds();
    for (let row = 0; row < 1_000; row += 1) ids.add(`r${row}`);
    expect(ids.warnings()).toEqual([]);
  });

  it('take bounded memory', () => {
    const ids = new RepeatedIds();
    for (let row = 0; row < 150_000; row += 1) ids.add(String(row));
    for (let row = 0; row < 10; row += 1) ids.add('149999');
    expect(ids.warnings()).toEqual([]);
    ids.add('7');
    expect(ids.warnings()[0]).toMatch(/^1 row has the id of an earlier row: '7'/);
  });
});
