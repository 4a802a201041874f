import { mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { type Calibration, loadCalibration, saveCalibration } from '../../../src/classify/calibration/calibration.js';

const root = mkdtempSync(join(tmpdir(), 'chorale-calibration-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));
let folders = 0;

function fresh(): string {
  folders += 1;
  return join(root, String(folders), 'calibration');
}

const calibration: Calibration = {
  version: 1,
  provider: 'ollama',
  model: 'llama3.2:3b',
  prompt: 'sentiment@0123456789ab',
  labels: ['positive', 'negative'],
  temperature: 0.7,
  fitted_rows: 100,
  held_out: {
    rows: 90,
    accuracy: 0.9,
    expected_calibration_error: { before: 0.1, after: 0.02 },
    negative_log_likelihood: { before: 0.4, after: 0.3 },
  },
  data: 'labelled.csv',
  created_at: '2026-01-02T00:00:00.000Z',
};

describe('a saved calibration', () => {
  test('comes back for the same model, prompt and labels', async () => {
    const folder = fresh();
    const { path } = await saveCalibration(folder, calibration);
    expect(readdirSync(folder)).toHaveLength(1);
    expect(path).toMatch(/sentiment@0123456789ab--llama3\.2_3b--[0-9a-f]{12}\.json$/);
    expect(await loadCalibration(folder, calibration)).toEqual({ path, calibration });
  });

  test('replaces an older one, and stands beside those of others', async () => {
    const folder = fresh();
    await saveCalibration(folder, calibration);
    await saveCalibration(folder, { ...calibration, temperature: 2 });
    await saveCalibration(folder, { ...calibration, model: 'llama3.2_3b' });
    expect(readdirSync(folder)).toHaveLength(2);
    expect((await loadCalibration(folder, calibration))?.calibration.temperature).toBe(2);
  });

  test.each<[string, Partial<Calibration>]>([
    ['provider', { provider: 'openai' }],
    ['model', { model: 'llama3.2:1b' }],
    ['prompt', { prompt: 'sentiment@ba9876543210' }],
    ['label set', { labels: ['positive', 'neutral', 'negative'] }],
    ['order of the labels', { labels: ['negative', 'positive'] }],
    ['division of the labels', { labels: ['positive,negative', ''] }],
  ])('is none for another %s', async (_, other) => {
    const folder = fresh();
    await saveCalibration(folder, calibration);
    expect(await loadCalibration(folder, { ...calibration, ...other })).toBeNull();
  });

  test('there is none where nothing was saved', async () => {
    expect(await loadCalibration(fresh(), calibration)).toBeNull();
  });

  const text = JSON.stringify(calibration);
  test.each<[string, string, RegExp]>([
    ['nothing', '', /is not JSON/],
    ['half a file', text.slice(0, 80), /is not JSON/],
    ['something else', '[1]', /is not a calibration/],
    ['an unknown key', text.replace('"data"', '"source":"x","data"'), /is not a calibration/],
    ['a missing key', text.replace('"temperature":0.7,', ''), /temperature/],
    ['a temperature of 0', text.replace('0.7', '0'), /temperature/],
    ['no temperature', text.replace('0.7', 'null'), /temperature/],
    ['a temperature that is a text', text.replace('0.7', '"0.7"'), /temperature/],
    ['another version', text.replace('"version":1', '"version":2'), /version/],
    ['a date that is none', text.replace('2026-01-02', '2026-13-02'), /created_at/],
    ['an error above 1', text.replace('"before":0.1', '"before":1.1'), /expected_calibration_error/],
    [
      'the calibration of another model',
      text.replace('llama3.2:3b', 'llama3.2:1b'),
      /is a calibration of .*1b.*, not of .*3b/,
    ],
  ])('%s is refused, with what to do', async (_, content, message) => {
    const folder = fresh();
    const { path } = await saveCalibration(folder, calibration);
    writeFileSync(path, content);
    await expect(loadCalibration(folder, calibration)).rejects.toMatchObject({
      code: 'CHORALE_CALIBRATION_FILE',
      path,
      message: expect.stringMatching(message),
    });
    await expect(loadCalibration(folder, calibration)).rejects.toThrow(
      /remove the file, calibrate again .*noCalibration/,
    );
  });

  test('a file under the name of another one is refused', async () => {
    const folder = fresh();
    const { path } = await saveCalibration(folder, calibration);
    const other = await saveCalibration(folder, { ...calibration, labels: ['good', 'bad'] });
    renameSync(other.path, path);
    await expect(loadCalibration(folder, calibration)).rejects.toMatchObject({ code: 'CHORALE_CALIBRATION_FILE' });
  });

  test('a folder that cannot be read or written is told', async () => {
    const folder = fresh();
    const { path } = await saveCalibration(folder, calibration);
    rmSync(path);
    mkdirSync(path);
    await expect(loadCalibration(folder, calibration)).rejects.toMatchObject({ code: 'CHORALE_CALIBRATION_FILE' });
    await expect(saveCalibration(folder, calibration)).rejects.toMatchObject({ code: 'CHORALE_OUTPUT' });
    expect(readdirSync(folder)).toHaveLength(1);
    const file = join(root, 'file');
    writeFileSync(file, '');
    await expect(saveCalibration(join(file, 'calibration'), calibration)).rejects.toMatchObject({
      code: 'CHORALE_OUTPUT',
    });
    expect(await loadCalibration(join(file, 'calibration'), calibration)).toBeNull();
  });

  test('is for people to read, too', async () => {
    const { path } = await saveCalibration(fresh(), calibration);
    expect(readFileSync(path, 'utf8')).toContain('\n  "temperature": 0.7,\n');
  });
});
