import { ensureModel, startOllama } from '../../scripts/ollama-server.js';
import { isMissed, type Ratio, renderMachine, renderRatios, renderTable, writeSection } from '../report.js';
import { median, runChorale, runScript, type Target, type Task } from './runs.js';

const workers = 4;
const timeoutMs = 1_800_000;
const target = 0.97;

/** Compares reviews per second on a real Ollama: completion with log-probabilities. @returns whether the target is met */
export async function compareLive(task: Task): Promise<boolean> {
  const { rows, rounds } = task;
  const server = await startOllama({ numParallel: workers });
  try {
    const model = await ensureModel(server, { threads: 'default' });
    const on: Target = { host: server.host, model, workers, isCompletion: true, timeoutMs };
    const rates = { chorale: [] as number[], script: [] as number[] };
    // Loads the model, and the part of the prompt that all requests share.
    await runScript(task, on, -1);
    for (let round = 0; round < rounds; round += 1) {
      rates.chorale.push((rows / (await runChorale(task, on, round)).wallMs) * 1_000);
      rates.script.push((rows / (await runScript(task, on, round)).wallMs) * 1_000);
      process.stderr.write(`round ${round + 1}: ${inRound(rates.chorale)} and ${inRound(rates.script)} reviews/s\n`);
    }
    const pairs = rates.chorale.map((rate, round) => rate / (rates.script[round] ?? Number.NaN));
    // The larger one is the better one here: the table knows upper bounds only.
    const ratio: Ratio = {
      what: "the script's reviews/s ÷ chorale's",
      value: 1 / median(pairs),
      target: Math.floor(100 / target) / 100,
    };
    const section = `## Reviews per second on a real Ollama

\`npm run build && npx tsx bench/client-cost.ts --live --rows ${rows} --rounds ${rounds}\`, ${model}. ${renderMachine()}

${renderTable(
  ['round', 'chorale, reviews/s', 'script, reviews/s', 'chorale ÷ script'],
  pairs.map((pair, round) => [
    String(round + 1),
    (rates.chorale[round] ?? Number.NaN).toFixed(2),
    (rates.script[round] ?? Number.NaN).toFixed(2),
    pair.toFixed(3),
  ]),
)}

${renderRatios([ratio])}

- \`analyze --prompt sentiment-completion --workers ${workers}\` and \`bench/client-cost/script.mjs\` with the same prompt: one output
  token with its log-probabilities. The clients take turns; a run is the whole process. Target: chorale ÷ script ≥ ${target} in the
  median of the rounds.`;
    process.stdout.write(`${section}\n`);
    await writeSection('client-cost-live', section);
    return !isMissed(ratio);
  } finally {
    await server.stop();
  }
}

function inRound(rates: readonly number[]): string {
  return (rates.at(-1) ?? Number.NaN).toFixed(2);
}
