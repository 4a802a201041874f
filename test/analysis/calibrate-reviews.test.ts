import { describe, expect, it } from 'vitest';
import { analyzeReviews } from '../../src/analysis/analyze-reviews.js';
import { calibrateReviews } from '../../src/analysis/calibrate-reviews.js';
import type { Review } from '../../src/analysis/review.js';
import { createAgent } from '../../src/classify/agent.js';
import { isHeldOut } from '../../src/classify/calibration/fit-calibration.js';
import { loadPrompt, parsePrompt } from '../../src/classify/prompt/prompt-file.js';
import { edgeRows } from '../classify/calibration/edge-rows.js';
import { namedProbability, probableModel, underConfidentRows } from './probable-model.js';

const labels = ['positive', 'negative'];

async function agentOf(probabilityOf = namedProbability, prompt = 'sentiment-completion') {
  return createAgent({ model: probableModel(probabilityOf), prompt: await loadPrompt(prompt), labels });
}

function reviewsOf(
  rows: readonly { readonly text: string | null; readonly expected?: string | undefined }[],
): Review[] {
  return rows.map((row, index) => ({ index, id: String(index + 1), ...row }));
}

const rows = underConfidentRows(400);
const manyRows = underConfidentRows(4_000);

describe('calibrating on labelled reviews', () => {
  it('finds the temperature, and measures it on rows that it was not fitted on', async () => {
    const agent = await agentOf();
    const { calibration, summary } = await calibrateReviews(reviewsOf(manyRows), { agent, data: 'rows.csv' });
    expect(calibration).toMatchObject({
      provider: 'test',
      model: 'test',
      prompt: agent.promptId,
      labels,
      data: 'rows.csv',
    });
    expect(calibration.temperature).toBeGreaterThan(0.45);
    expect(calibration.temperature).toBeLessThan(0.55);
    expect(calibration.fitted_rows + calibration.held_out.rows).toBe(4_000);
    expect(Math.abs(calibration.fitted_rows - 2_000)).toBeLessThan(200);
    const { before, after } = calibration.held_out.expected_calibration_error;
    expect(after).toBeLessThan(before);
    expect(summary).toMatchObject({ items: 4_000, succeeded: 4_000, warnings: [] });
  });

  it('leaves out what it cannot use, and says so', async () => {
    const extra = [
      { text: 'no label: 0.8' },
      { text: 'odd label: 0.8', expected: 'mixed' },
      { text: ' ', expected: 'positive' },
      { text: 'no probability', expected: 'positive' },
    ];
    const { calibration, summary } = await calibrateReviews(reviewsOf([...rows, ...extra]), { agent: await agentOf() });
    expect(calibration.fitted_rows + calibration.held_out.rows).toBe(400);
    expect(summary.warnings.join()).toMatch(/excludes 1 answers without a confidence/);
    expect(summary.warnings.join()).toMatch(/'mixed' \(1\)/);
    expect(summary.warnings.join()).toMatch(/1 rows without a label/);
  });

  it('warns where it does not improve the confidence', async () => {
    const calibrated = rows.map(({ text, expected }) => ({ text, expected }));
    const agent = await agentOf((text) => {
      const shown = namedProbability(text) ?? 0.5;
      return shown ** 2 / (shown ** 2 + (1 - shown) ** 2);
    });
    const { calibration, summary } = await calibrateReviews(reviewsOf(calibrated), { agent });
    const { before, after } = calibration.held_out.expected_calibration_error;
    expect(summary.warnings.some((warning) => warning.includes('does not improve'))).toBe(after > before);
  });

  it('keeps copies of a text on one side', async () => {
    const copies = rows.slice(0, 60).flatMap((row) => [row, row, row]);
    const { calibration } = await calibrateReviews(reviewsOf(copies), { agent: await agentOf() });
    expect(calibration.fitted_rows % 3).toBe(0);
    expect(calibration.held_out.rows % 3).toBe(0);
  });

  it('stops early where the model gives no probabilities', async () => {
    let asked = 0;
    const agent = await agentOf(() => {
      asked += 1;
      return null;
    });
    const attempt = calibrateReviews(reviewsOf(rows), { agent, workers: 1 });
    await expect(attempt).rejects.toMatchObject({
      code: 'CHORALE_CALIBRATION',
      message: expect.stringMatching(/test test gives no confidence for sentiment-completion@.*0\.12\.11/),
    });
    expect(asked).toBeLessThan(200);
  });

  it('refuses prompts that ask for free text', async () => {
    const agent = await agentOf(namedProbability, 'sentiment-free');
    await expect(calibrateReviews(reviewsOf(rows), { agent })).rejects.toMatchObject({ code: 'CHORALE_CALIBRATION' });
  });

  it('names the excluded rows where too few are left', async () => {
    const agent = await createAgent({
      model: probableModel(namedProbability),
      prompt: parsePrompt('mine', '---\nlabels: [good, bad]\n---\n{{review}}'),
    });
    const attempt = calibrateReviews(reviewsOf(rows.slice(0, 60)), { agent });
    await expect(attempt).rejects.toThrow(
      /0 rows with a gold label .* none of the labels: 'positive' \(35\).*; 60 reviews failed: the answer is none of good, bad/,
    );
    const unmapped = rows.map(({ text, expected }) => ({ text, expected: expected.slice(0, 3) }));
    await expect(calibrateReviews(reviewsOf(unmapped), { agent: await agentOf() })).rejects.toThrow(
      /0 rows .* 'pos' \(\d+\).*map these values/,
    );
  });

  it('ends with what stopped it', async () => {
    const agent = await agentOf();
    const signal = AbortSignal.abort(new Error('enough'));
    await expect(calibrateReviews(reviewsOf(rows), { agent, signal })).rejects.toThrow('enough');
  });
});

describe('a run with a calibration', () => {
  it('gives the calibrated confidence, and the same labels', async () => {
    const agent = await agentOf();
    const { calibration } = await calibrateReviews(reviewsOf(rows), { agent });
    const given = await analyzeReviews(rows, { agent });
    const calibrated = await analyzeReviews(rows, { agent, calibration: { ...calibration, temperature: 0.5 } });
    expect(calibrated.results.map(({ sentiment }) => sentiment)).toEqual(
      given.results.map(({ sentiment }) => sentiment),
    );
    for (const [index, { confidence }] of calibrated.results.entries()) {
      const raw = given.results[index]?.confidence ?? 0;
      expect(confidence).toBeCloseTo(raw ** 2 / (raw ** 2 + (1 - raw) ** 2), 9);
    }
    expect(given.summary.confidence.temperature).toBeNull();
    expect(calibrated.summary.confidence.temperature).toBe(0.5);
    const errors = [calibrated, given].map(({ summary }) => summary.confidence.expected_calibration_error ?? 1);
    expect(errors[0]).toBeLessThan(errors[1] ?? 0);
  });

  it('measures its error on texts that it cannot have been fitted on: 0.0392, not the 0.0235 of all rows', async () => {
    const texts = (heldOut: boolean, probability: number, right: number) => {
      const named: string[] = [];
      for (let index = 0; named.length < 1_250; index += 1) {
        const text = `review ${index}: ${probability}`;
        if (isHeldOut(text) === heldOut) named.push(text);
      }
      return named.map((text, index) => ({ text, expected: index < right ? 'positive' : 'negative' }));
    };
    // |1250 − 1250 · 0.9608| ÷ 1250; with the other half (49 + |1150 − 1250 · 0.9122|) ÷ 2500.
    const all = [...texts(true, 0.9608, 1_250), ...texts(false, 0.9122, 1_150)];
    const agent = await agentOf();
    const { calibration } = await calibrateReviews(reviewsOf(rows), { agent });
    const [raw, calibrated] = await Promise.all([
      analyzeReviews(all, { agent }),
      analyzeReviews(all, { agent, calibration: { ...calibration, temperature: 1 } }),
    ]);
    const { confidence: ofAll } = raw.summary;
    expect(ofAll.expected_calibration_error).toBeCloseTo(0.0235, 9);
    expect(ofAll.calibration_error_rows).toBe(2_500);
    const { confidence } = calibrated.summary;
    expect(confidence.count).toBe(2_500);
    expect(confidence.expected_calibration_error).toBeCloseTo(0.0392, 9);
    expect(confidence.calibration_error_rows).toBe(1_250);
    expect(confidence.calibration_error_interval?.upper).toBeGreaterThan(0.0392);
    expect(confidence.calibration_error_if_perfect?.upper).toBeLessThan(0.0392);
  });

  it('does not invent a confidence', async () => {
    const agent = await agentOf();
    const { calibration } = await calibrateReviews(reviewsOf(rows), { agent });
    const { results, summary } = await analyzeReviews(['no probability'], { agent, calibration });
    expect(results[0]).toMatchObject({ status: 'ok', confidence: null });
    expect(summary.confidence).toMatchObject({ count: 0, mean: null });
  });

  it('refuses the calibration of something else', async () => {
    const agent = await agentOf();
    const { calibration } = await calibrateReviews(reviewsOf(rows), { agent });
    for (const other of [{ model: 'other' }, { labels: ['negative', 'positive'] }, { prompt: 'other@0' }]) {
      await expect(analyzeReviews(['0.8'], { agent, calibration: { ...calibration, ...other } })).rejects.toMatchObject(
        {
          code: 'CHORALE_INVALID_OPTION',
          option: 'calibration',
        },
      );
    }
  });
});

describe('the confidence in the summary', () => {
  it('is summed up by hand', async () => {
    const agent = await agentOf();
    const labelled = [
      { text: '0.95', expected: 'positive' },
      { text: '0.90', expected: 'positive' },
      { text: '0.30', expected: 'positive' },
      { text: '0.15', expected: 'negative' },
      { text: '0.60', expected: 'negative' },
      { text: 'none', expected: 'positive' },
    ];
    const { summary } = await analyzeReviews(labelled, { agent });
    expect(summary.confidence.count).toBe(5);
    expect(summary.confidence.mean).toBeCloseTo((0.95 + 0.9 + 0.7 + 0.85 + 0.6) / 5, 9);
    expect(summary.confidence.temperature).toBeNull();
    // Bins: 0.95 and 0.90 right, 0.85 right, 0.70 wrong, 0.60 wrong.
    expect(summary.confidence.expected_calibration_error).toBeCloseTo((0.15 + 0.15 + 0.7 + 0.6) / 5, 9);
    expect(summary.confidence.accuracy_surest_80).toBeCloseTo(3 / 4, 9);
    expect(summary.confidence.accuracy_surest_50).toBeCloseTo(1, 9);
  });

  it('takes a confidence of 0.7 for 0.7, whatever its logarithm makes of it', async () => {
    const agent = await agentOf();
    const labelled = edgeRows.map(([confidence, isRight], index) => ({
      text: `review ${index}: ${confidence.toFixed(2)}`,
      expected: isRight ? 'positive' : 'negative',
    }));
    const { results, summary } = await analyzeReviews(labelled, { agent });
    expect(new Set(results.map(({ confidence }) => confidence))).toEqual(new Set([0.65, 0.7, 0.97]));
    expect(summary.confidence.expected_calibration_error).toBeCloseTo(0.1826, 9);
  });

  it('has no figures about rightness where no labels are known', async () => {
    const { summary } = await analyzeReviews(['0.8', '0.6'], { agent: await agentOf() });
    expect(Object.keys(summary.confidence)).toEqual(['count', 'mean', 'temperature', 'without', 'label_mass']);
    expect(summary.confidence).toMatchObject({ count: 2, mean: expect.closeTo(0.7, 9), temperature: null });
  });
});
