/**
 * An analysis that pauses for a person: it classifies reviews, writes the 20 with the lowest confidence into a file, and
 * ends. When each of them has its gold label, the next start fits a calibration and applies it to the other reviews.
 * A scripted model answers, and a function stands for the person.
 *
 *   npx tsx examples/checked-reviews.ts
 *   npx tsx examples/checked-reviews.ts --folder checks   (then fill in checks/to-check.json, and start it again)
 */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import {
  type Agent,
  analyzeReviews,
  CalibrationError,
  calibrateReviews,
  createAgent,
  loadPrompt,
  type Prediction,
} from 'chorale';
import { createEngine, defineMapStep, defineStep, defineWorkflow, WorkflowPausedError } from 'chorale/orchestration';
import { libsqlStore } from 'chorale/store';
import { createScriptedModel } from 'chorale/testing';

const { folder } = parseArgs({ options: { folder: { type: 'string' } } }).values;

interface Row {
  readonly id: string;
  readonly text: string;
  /** The gold label. */
  readonly expected?: string;
}
type ClassifiedRow = Row & { readonly prediction: Prediction; readonly isChecked?: boolean };
type Question = Pick<Row, 'id' | 'text'> & { readonly predicted: string; readonly label: string };

/** How many of ten guests liked hotel `number`: 1 to 9. */
const likedBy = (number: number) => 1 + (number % 9);
/** Stands for what a person says of the review: the more guests liked the hotel, the more often it is positive. */
const goldOf = (number: number) => ((Math.floor(number / 9) * 7) % 10 < likedBy(number) ? 'positive' : 'negative');
const hotels = Array.from({ length: 240 }, (_, number): Required<Row> => {
  return {
    id: `${number}`,
    text: `Hotel ${number}: ${likedBy(number)} of 10 guests liked it.`,
    expected: goldOf(number),
  };
});
const labelledEarlier = hotels.slice(0, 180);
const reviews = hotels.slice(180).map(({ id, text }): Row => ({ id, text }));

/** Stands for ollama({ model: 'llama3.2:3b' }): its probabilities are too near to 0 and 1. */
const model = createScriptedModel(({ subject }) => {
  const odds = (liked: number) => (liked / (10 - liked)) ** 2;
  const share = odds(Number(/(\d) of 10/.exec(subject)?.[1] ?? 5));
  const alternatives = [
    { token: 'positive', logprob: Math.log(share / (1 + share)) },
    { token: 'negative', logprob: Math.log(1 / (1 + share)) },
  ].sort((a, b) => b.logprob - a.logprob);
  const [first = { token: '', logprob: 0 }] = alternatives;
  return { text: first.token, logprobs: [{ ...first, alternatives }] };
});
const labels = ['positive', 'negative'];
const agent = await createAgent({ model, prompt: await loadPrompt('sentiment'), labels, probabilities: true });

/** The agent with the recorded predictions: what was classified once is not requested again. */
function recordedAgent(rows: readonly ClassifiedRow[]): Agent {
  const predictions = new Map(rows.map(({ text, prediction }) => [text, prediction]));
  return Object.create(agent, { classify: { value: async (text: string) => predictions.get(text) } });
}

const classify = defineMapStep({
  id: 'classify',
  items: (rows: readonly Row[]) => rows,
  timeoutMs: 120_000,
  run: async ({ signal }, row): Promise<ClassifiedRow> => ({
    ...row,
    prediction: await agent.classify(row.text, { signal, item: row.id }),
  }),
});

const check = defineStep({
  id: 'check',
  run: ({ pause }, rows: ClassifiedRow[]): ClassifiedRow[] => {
    const unlabelled = rows.filter(({ expected }) => expected === undefined);
    unlabelled.sort((a, b) => (a.prediction.confidence ?? 0) - (b.prediction.confidence ?? 0));
    const questions = unlabelled
      .slice(0, 20)
      .map(({ id, text, prediction }): Question => ({ id, text, predicted: prediction.label, label: '' }));
    const answers = new Map(
      pause<Question[]>('which labels are correct?', questions).map(({ id, label }) => [id, label]),
    );
    return rows.map((row) =>
      answers.has(row.id) ? { ...row, expected: answers.get(row.id) ?? '', isChecked: true } : row,
    );
  },
});

/** Fits a calibration on all rows with a gold label; without one, the report has the reason. */
const calibrate = defineStep({
  id: 'calibrate',
  run: async (_, rows: ClassifiedRow[]) => {
    const recorded = recordedAgent(rows);
    const gold = rows.flatMap(({ id, text, expected }, index) => (expected ? [{ index, id, text, expected }] : []));
    const fitted = await calibrateReviews(gold, { agent: recorded }).catch((error: unknown) => {
      if (error instanceof CalibrationError) return error;
      throw error;
    });
    const checked = rows.filter(({ isChecked }) => isChecked);
    const others = rows.filter(({ expected }) => expected === undefined);
    const { summary: before } = await analyzeReviews(others, { agent: recorded });
    const counts = {
      checked: checked.length,
      correct: checked.filter(({ expected, prediction }) => prediction.label === expected).length,
      others: others.length,
      confidenceBefore: before.confidence?.mean ?? null,
    };
    if (fitted instanceof CalibrationError) return { ...counts, calibrated: null, notes: [fitted.message] };
    const { calibration, summary } = fitted;
    const { summary: after } = await analyzeReviews(others, { agent: recorded, calibration });
    const calibrated = { calibration, confidenceAfter: after.confidence?.mean ?? null };
    return { ...counts, calibrated, notes: [...summary.warnings] };
  },
});

const workflow = defineWorkflow('checked-reviews', 'Reviews checked by a person')
  .thenStep(classify)
  .thenStep(check)
  .thenStep(calibrate)
  .build();

/** The rows of the file, if it is there and each has a label of the agent. */
function readAnswers(file: string): Question[] | undefined {
  const questions: Question[] = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : [];
  const isFilledIn = questions.length > 0 && questions.every(({ label }) => agent.labels.includes(label));
  return isFilledIn ? questions : undefined;
}

const percent = (share: number | null) => (share === null ? 'not known' : `${(share * 100).toFixed(0)} %`);

/** One start of the program. Each start continues the run of the folder, wherever the start before it ended. */
async function start(place: string, rows: readonly Row[]): Promise<void> {
  mkdirSync(place, { recursive: true });
  const file = join(place, 'to-check.json');
  const store = libsqlStore({ path: join(place, 'run.db') });
  const engine = createEngine({ store });
  try {
    const isPaused = (await engine.get('checked'))?.status === 'paused';
    const answers = isPaused ? readAnswers(file) : undefined;
    const { output } = answers
      ? await engine.resume(workflow, 'checked', { value: answers })
      : await engine.run(workflow, rows, { runId: 'checked', idempotencyKey: 'checked', wait: true });
    const { checked, correct, others, confidenceBefore, calibrated, notes } = output;
    console.log(`${correct} of ${checked} checked predictions were correct; nobody checked the other ${others}`);
    console.log(`mean confidence of the other ${others}, as the model gives it: ${percent(confidenceBefore)}`);
    if (calibrated) {
      const { temperature, fitted_rows, held_out } = calibrated.calibration;
      const { before, after } = held_out.expected_calibration_error;
      console.log(`calibrated: ${percent(calibrated.confidenceAfter)} (temperature ${temperature.toFixed(2)})`);
      console.log(`fitted on ${fitted_rows} rows; calibration error of ${held_out.rows} further rows:`);
      console.log(`  ${before.toFixed(2)} before, ${after.toFixed(2)} after`);
    }
    for (const note of notes) console.log(`note: ${note}`);
  } catch (error) {
    if (!(error instanceof WorkflowPausedError)) throw error;
    const questions = error.pauses[0]?.payload as Question[];
    if (!existsSync(file)) writeFileSync(file, `${JSON.stringify(questions, null, 2)}\n`);
    console.log(`${rows.length} reviews classified; paused: ${questions.length} labels are missing in to-check.json`);
  } finally {
    store.close();
  }
}

/** Stands for the person, who writes a gold label beside each review. */
function fillIn(file: string): void {
  const questions: Question[] = JSON.parse(readFileSync(file, 'utf8'));
  writeFileSync(
    file,
    JSON.stringify(questions.map((question) => ({ ...question, label: goldOf(Number(question.id)) }))),
  );
}

/** Two starts, and the person between them. */
async function demonstrate(title: string, rows: readonly Row[]): Promise<void> {
  console.log(title);
  const place = mkdtempSync(join(tmpdir(), 'chorale-checks-'));
  await start(place, rows);
  fillIn(join(place, 'to-check.json'));
  await start(place, rows);
  rmSync(place, { recursive: true });
}

await agent.prepare({ signal: AbortSignal.timeout(120_000) });
if (folder !== undefined) await start(folder, [...labelledEarlier, ...reviews]);
else {
  await demonstrate('With 180 rows that were labelled earlier:', [...labelledEarlier, ...reviews]);
  await demonstrate('With the checked rows only:', reviews);
}
await model.close();
