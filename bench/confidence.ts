import { appendFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { parse } from 'csv-parse/sync';
import { ensureModel, startOllama } from '../scripts/ollama-server.js';
import { createAgent } from '../src/classify/agent.js';
import { CalibrationError } from '../src/classify/calibration/calibration.js';
import { fitCalibration, isHeldOut } from '../src/classify/calibration/fit-calibration.js';
import { type ClassifiedRow, temperShares } from '../src/classify/calibration/temperature-scaling.js';
import { loadPrompt } from '../src/classify/prompt/prompt-file.js';
import { isCodedError } from '../src/foundation/errors/chorale-error.js';
import {
  areaUnderRoc,
  type ConfidentAnswer,
  Reliability,
  riskCoverage,
} from '../src/foundation/statistics/probability-scores.js';
import type { Model, ModelAnswer } from '../src/model/model.js';
import { ollama } from '../src/model/ollama/ollama-model.js';
import { renderMachine, renderTable, writeSection } from './report.js';

/**
 * What the confidence of each shipped prompt is worth, on a real server with a small real model and real sentences:
 *
 *   npx tsx bench/confidence.ts [--host URL --model NAME] [--rows 300] [--json-rows 100] [--keep FOLDER]
 *
 * Both labelled files, each in two halves by content. A temperature is fitted on one half, and everything is measured on
 * the other. Without `--host` it starts a server of its own. With `--keep` the raw answers stay in a folder, and are not
 * requested again. Writes docs/benchmarks.md and docs/confidence.md; fails where a prompt shows a confidence by default
 * whose area under the ROC curve is below 0.7.
 */

const files = ['product-sentences-binary.csv', 'product-snippets-rated.csv'];
const prompts = ['sentiment-completion', 'sentiment', 'sentiment-json', 'sentiment-free'];
const leastArea = 0.7;
const { values } = parseArgs({
  options: {
    host: { type: 'string' },
    model: { type: 'string', default: 'smollm2:135m' },
    rows: { type: 'string', default: '300' },
    'json-rows': { type: 'string', default: '100' },
    keep: { type: 'string' },
  },
});

interface Row {
  readonly text: string;
  readonly label: string;
}

/** One prompt on one file. */
interface Measured {
  readonly rows: number;
  readonly answered: number;
  readonly confident: number;
  readonly medianMass: number | null;
  /** Of the half that was not fitted on; null where no answer has a confidence. */
  readonly heldOut: { readonly rows: number; readonly accuracy: number; readonly area: number | null } | null;
  readonly errors: { readonly before: number; readonly after: number | null } | null;
  readonly selective: { readonly most: number; readonly half: number } | null;
}

/** A model whose answers are kept in a file, and given from there. */
function keeping(model: Model, path: string | undefined): Model {
  const known = new Map<string, ModelAnswer>();
  if (path !== undefined && existsSync(path)) {
    for (const line of readFileSync(path, 'utf8').trim().split('\n')) {
      const { subject, answer } = JSON.parse(line) as { readonly subject: string; readonly answer: ModelAnswer };
      known.set(subject, answer);
    }
  }
  return {
    ...{ provider: model.provider, name: model.name, caveat: model.caveat },
    prepare: (sample, call) => model.prepare(sample, call),
    async ask(request, call) {
      const found = known.get(request.subject);
      if (found) return found;
      const answer = await model.ask(request, call);
      if (path !== undefined) appendFileSync(path, `${JSON.stringify({ subject: request.subject, answer })}\n`);
      return answer;
    },
    close: () => model.close(),
  };
}

async function measure(host: string, name: string, promptName: string, file: string): Promise<Measured> {
  const all: Row[] = parse(readFileSync(new URL(`../../shared/data/${file}`, import.meta.url)), { columns: true });
  const prompt = await loadPrompt(promptName);
  const rows = all.slice(0, Number(prompt.output.format === 'json' ? values['json-rows'] : values.rows));
  const labels = [...new Set(all.map(({ label }) => label))].length === 2 ? ['positive', 'negative'] : undefined;
  const kept = values.keep === undefined ? undefined : join(values.keep, `${promptName}-${file}.jsonl`);
  const model = keeping(ollama({ host, model: name }), kept);
  const agent = await createAgent({ model, prompt, labels, probabilities: true });
  const judged: { readonly heldOut: boolean; readonly row: ClassifiedRow | null; readonly isRight: boolean }[] = [];
  const masses: number[] = [];
  for (const { text, label } of rows) {
    try {
      const { label: answer, labelShares, labelMass } = await agent.classify(text);
      if (labelMass !== null) masses.push(labelMass);
      const [answered, expected] = [agent.labels.indexOf(answer), agent.labels.indexOf(label)];
      const row = labelShares && expected >= 0 ? { shares: labelShares, answered, expected } : null;
      judged.push({ heldOut: isHeldOut(text), row, isRight: answer === label });
    } catch (error) {
      if (!isCodedError(error)) throw error;
    }
  }
  await model.close();
  const half = (heldOut: boolean) => judged.flatMap((one) => (one.row && one.heldOut === heldOut ? [one.row] : []));
  const [fitted, measured] = [half(false), half(true)];
  masses.sort((a, b) => a - b);
  const answers = measured.map(({ shares, answered, expected }) => ({
    confidence: shares[answered] ?? 0,
    isRight: answered === expected,
  }));
  return {
    rows: rows.length,
    answered: judged.length,
    confident: judged.filter(({ row }) => row !== null).length,
    medianMass: masses[masses.length >> 1] ?? null,
    heldOut:
      answers.length === 0 ? null : { rows: answers.length, accuracy: rightOf(answers), area: areaUnderRoc(answers) },
    errors: answers.length === 0 ? null : errorsOf(fitted, measured, agent.labels),
    selective: answers.length === 0 ? null : { most: selective(answers, 0.8), half: selective(answers, 0.5) },
  };
}

function rightOf(answers: readonly ConfidentAnswer[]): number {
  return answers.filter(({ isRight }) => isRight).length / answers.length;
}

function selective(answers: readonly ConfidentAnswer[], coverage: number): number {
  const point = riskCoverage(answers)?.curve.find((one) => one.coverage >= coverage - 1e-9);
  return 1 - (point?.risk ?? 0);
}

/** The expected calibration error as the model gives the confidence, and with the temperature of the other half. */
function errorsOf(fitted: readonly ClassifiedRow[], measured: readonly ClassifiedRow[], labels: readonly string[]) {
  const errorOf = (sharesOf: (row: ClassifiedRow) => readonly number[]) => {
    const reliability = new Reliability();
    for (const row of measured) reliability.add(sharesOf(row)[row.answered] ?? 0, row.answered === row.expected);
    return reliability.expectedCalibrationError ?? 0;
  };
  const before = errorOf(({ shares }) => shares);
  try {
    const about = { provider: 'ollama', model: 'm', prompt: 'p', labels: [...labels], data: '', madeAt: 0 };
    const { temperature } = fitCalibration({ fitted, heldOut: measured }, about);
    return { before, after: errorOf(({ shares }) => temperShares(shares, temperature)) };
  } catch (error) {
    if (error instanceof CalibrationError) return { before, after: null };
    throw error;
  }
}

const figure = (value: number | null | undefined, digits = 2) => (value == null ? '–' : value.toFixed(digits));

async function run(host: string, model: string): Promise<void> {
  if (values.keep !== undefined) mkdirSync(values.keep, { recursive: true });
  const lines: string[][] = [];
  const missed: string[] = [];
  for (const file of files) {
    for (const name of prompts) {
      const { output } = await loadPrompt(name);
      if (output.format === 'text') {
        lines.push([file, name, '–', 'none: free text', ...Array.from({ length: 7 }, () => '–')]);
        continue;
      }
      const found = await measure(host, model, name, file);
      const { heldOut, errors, selective } = found;
      const shows = output.probabilities !== false;
      if (shows && !((heldOut?.area ?? 0) >= leastArea)) missed.push(`${name} on ${file}`);
      lines.push([
        file,
        name,
        found.medianMass === null ? '–' : String(Number(found.medianMass.toPrecision(2))),
        `${found.confident} of ${found.answered}`,
        String(heldOut?.rows ?? 0),
        figure(heldOut?.area),
        errors ? `${figure(errors.before)} / ${figure(errors.after)}` : '–',
        figure(heldOut?.accuracy),
        figure(selective?.most),
        figure(selective?.half),
        shows ? 'yes' : 'no',
      ]);
      console.log(lines.at(-1)?.join(' | '));
    }
  }
  const head = ['data', 'prompt', 'median mass', 'with a confidence', 'held out', 'AUROC', 'ECE raw / calibrated'];
  const table = renderTable(
    [...head, 'accuracy', 'selective accuracy at 80 %', 'at 50 %', 'requested by default'],
    lines,
  );
  const notes = [
    `\`npx tsx bench/confidence.ts --rows ${values.rows} --json-rows ${values['json-rows']}\`, ${model}. ${renderMachine()}`,
    'AUROC, ECE and accuracies cover the answers with a confidence in the held-out half. A dash means that there are none,' +
      ' or too few for a temperature.',
  ];
  const markdown = `## Confidence\n\n${notes[0]}\n\n${table}\n\n${notes[1]}`;
  await writeSection('confidence', markdown);
  await writeSection('confidence', markdown.replace('## Confidence', '### What it is worth'), 'confidence.md');
  if (missed.length > 0) {
    console.error(`the area under the ROC curve is below ${leastArea}: ${missed.join(', ')}`);
    process.exitCode = 1;
  }
}

if (values.host !== undefined) await run(values.host, values.model);
else {
  const server = await startOllama({ numParallel: 4 });
  try {
    await run(server.host, await ensureModel(server, { threads: 'default' }));
  } finally {
    await server.stop();
  }
}
