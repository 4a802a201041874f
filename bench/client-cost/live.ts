import { join } from 'node:path';
import { ensureModel, startOllama } from '../../scripts/ollama-server.js';
import { studentQuantile } from '../../src/foundation/statistics/block-bootstrap.js';
import { isMissed, type Ratio, renderMachine, renderRatios, renderTable, writeSection } from '../report.js';
import { writeReviews } from '../scale/write-reviews.js';
import { runChorale, runScript, type Target, type Task } from './runs.js';

const workers = 4;
const timeoutMs = 120_000;
const target = 0.97;

/** How long one run should take, in milliseconds: ten of them, and the server's start, take less than five minutes. */
const runMs = 21_000;

/** Reviews that show how fast the server is. The model and the common beginning of the prompts are loaded before them. */
const tried = { before: 20, timed: 60 };

/** What the clients reached in one round, in reviews per second. */
interface Round {
  readonly chorale: number;
  readonly script: number;
}

/**
 * Compares reviews per second on a real Ollama: completion with log-probabilities.
 * @param given rows of one run; undefined: as many as take 21 seconds
 * @returns whether the target is met
 */
export async function compareLive(
  folder: string,
  { rows: given, rounds: count }: { readonly rows: number | undefined; readonly rounds: number },
): Promise<boolean> {
  const server = await startOllama({ numParallel: workers });
  try {
    const model = await ensureModel(server, { threads: 'default' });
    const on: Target = { host: server.host, model, workers, isCompletion: true, timeoutMs };
    const rows = given ?? (await rowsInTime(folder, on, count));
    const task = await taskOf(folder, rows, count);
    const rounds: Round[] = [];
    for (let round = 0; round < count; round += 1) {
      const rateOf = async (run: typeof runScript) => (rows / (await run(task, on, round)).wallMs) * 1_000;
      // Each of them is the first one in every second round.
      const first = await rateOf(round % 2 === 0 ? runChorale : runScript);
      const second = await rateOf(round % 2 === 0 ? runScript : runChorale);
      const [chorale, script] = round % 2 === 0 ? [first, second] : [second, first];
      rounds.push({ chorale, script });
      process.stderr.write(`round ${round + 1}: ${chorale.toFixed(2)} and ${script.toFixed(2)} reviews/s\n`);
    }
    return await conclude(model, rows, rounds);
  } finally {
    await server.stop();
  }
}

async function taskOf(folder: string, rows: number, rounds: number): Promise<Task> {
  const input = join(folder, `reviews-${rows}.csv`);
  await writeReviews(input, rows);
  return { folder, input, rows, rounds };
}

/** Rows for runs of the usual length, or shorter ones where there are more rounds. */
async function rowsInTime(folder: string, on: Target, rounds: number): Promise<number> {
  await runScript(await taskOf(folder, tried.before, rounds), on, -1);
  const { wallMs } = await runScript(await taskOf(folder, tried.timed, rounds), on, -2);
  return Math.max(tried.timed, Math.floor((Math.min(1, 5 / rounds) * runMs * tried.timed) / wallMs));
}

async function conclude(model: string, rows: number, rounds: readonly Round[]): Promise<boolean> {
  const { mean, low, high } = ratioOf(rounds);
  // The larger one is the better one here: the table knows upper bounds only.
  const ratio: Ratio = {
    what: "the script's reviews/s ÷ chorale's",
    value: 1 / mean,
    target: Math.floor(100 / target) / 100,
  };
  const section = `## Reviews per second on a real Ollama

\`npm run build && npx tsx bench/client-cost.ts --live\`, ${model}, ${rows.toLocaleString('en')} reviews a run. ${renderMachine()}

${renderTable(
  ['round', 'chorale, reviews/s', 'script, reviews/s', 'chorale ÷ script'],
  rounds.map(({ chorale, script }, round) => [
    String(round + 1),
    chorale.toFixed(2),
    script.toFixed(2),
    (chorale / script).toFixed(3),
  ]),
)}

chorale ÷ script: ${mean.toFixed(3)} in the geometric mean, 95 % interval ${low.toFixed(3)} to ${high.toFixed(3)} (Student's t of
the logarithms, one a round). Target: at least ${target}.

${renderRatios([ratio])}

- \`analyze --prompt sentiment-completion --workers ${workers}\` and \`bench/client-cost/script.mjs\` with the same prompt: one output
  token with its log-probabilities. The clients take turns; a run is the whole process from its start to its end.`;
  process.stdout.write(`${section}\n`);
  await writeSection('client-cost-live', section);
  return !isMissed(ratio);
}

/** The ratio of the clients in the geometric mean of the rounds, and its interval. */
function ratioOf(rounds: readonly Round[]) {
  const logs = rounds.map(({ chorale, script }) => Math.log(chorale / script));
  const { length } = logs;
  const mean = logs.reduce((sum, log) => sum + log, 0) / length;
  const variance = logs.reduce((sum, log) => sum + (log - mean) ** 2, 0) / (length - 1);
  const reach = length > 1 ? studentQuantile(0.05, length - 1) * Math.sqrt(variance / length) : Number.NaN;
  return { mean: Math.exp(mean), low: Math.exp(mean - reach), high: Math.exp(mean + reach) };
}
