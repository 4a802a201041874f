import { GoldLabels } from '../../analysis/gold-labels.js';
import type { RunStore } from '../../analysis/run-store.js';
import type { Row } from '../../data/row.js';
import type { PromptTrial } from '../../evaluate/prompt-trial.js';
import { RecordedTrial } from '../../evaluate/recorded-trial.js';
import { drawTrialRows, isUsable, trialRows } from '../../evaluate/trial-rows.js';
import { describeMetrics } from '../../report/render-prompt-trial.js';
import { shippedPrompts, tryShipped } from '../try-shipped.js';
import type { AnalysisSetup } from './analysis-plan.js';
import { type ColumnRoles, continued, type OpenInput, toReviews } from './open-input.js';

/** The choice, and the input with all its rows. */
export interface ChosenPrompt {
  readonly trial: PromptTrial;
  readonly input: OpenInput;
}

/**
 * `--prompt auto`: tries the prompts that come with chorale on rows of the input, and says which one it takes. What was
 * chosen once for these rows, this model and these prompts stays chosen.
 * @throws the catalogue's model errors, StoreError, the signal's reason
 */
export async function choosePrompt(setup: AnalysisSetup, opened: OpenInput, store: RunStore): Promise<ChosenPrompt> {
  const { flags, settings, agent, session } = setup;
  const { signal, progress, terminal, extras } = session;
  const gold = new GoldLabels(agent.labels, flags.map);
  const { rows, input } = await rowsToTry(opened, gold);
  const drawn = await drawTrialRows(toReviews({ rows, roles: input.roles }, gold), agent.labels);
  const prompts = await shippedPrompts(settings);
  const info = await agent.prepare({ signal });
  const record = { store, agent, info, prompts, rows: drawn, names: input.names, fresh: flags.fresh === true };
  const recorded = await RecordedTrial.open(record);
  const earlier = await recorded.earlierChoice();
  if (earlier) {
    terminal.note(`prompt: ${earlier.chosen}, as chosen before for these rows (--fresh tries the prompts again)`);
    return { trial: earlier, input };
  }
  terminal.note(`trying ${prompts.length} prompts on ${drawn.reviews.length} rows: ${prompts.join(', ')}`);
  const startedAt = performance.now();
  const trial = await tryShipped({
    settings,
    extras,
    prompts,
    ...drawn,
    begin: (candidate, modelInfo) => recorded.begin(candidate, modelInfo),
    signal,
    onProgress(prompt, done, total) {
      const elapsedMs = performance.now() - startedAt;
      progress.update({ done, total, failed: 0, reused: 0, byLabel: new Map(), elapsedMs, note: `trying ${prompt}` });
    },
  });
  progress.end();
  await recorded.keep(trial);
  for (const line of linesOf(trial)) terminal.note(line);
  return { trial, input };
}

function linesOf({ prompts, chosen, because }: PromptTrial): readonly string[] {
  return [`prompt: ${chosen}: ${because}`, ...prompts.map((tried) => `  ${tried.prompt}: ${describeMetrics(tried)}`)];
}

/** What the reader of the results must know; nothing where gold labels decided. */
export function noteOn(trial: PromptTrial | undefined): readonly string[] {
  if (!trial || trial.prompts.some(({ accuracy }) => accuracy !== null)) return [];
  return [`the prompt ${trial.chosen} was chosen without gold labels: ${trial.because}`];
}

/** Files are read once more. Of an input that can be read only once the first rows are tried, and kept for the run. */
async function rowsToTry(
  input: OpenInput,
  gold: GoldLabels,
): Promise<{ readonly rows: AsyncIterable<Row>; readonly input: OpenInput }> {
  if (input.digest !== null) return { rows: input.rows, input };
  const rest = input.rows[Symbol.asyncIterator]();
  const first = await firstRows(rest, input.roles, gold);
  return { rows: iterate(first), input: { ...input, rows: continued(first, rest) } };
}

/** Number of rows that are read at most to find those of a trial. */
const mostRead = 10 * trialRows;

async function firstRows(rows: AsyncIterator<Row>, roles: ColumnRoles, gold: GoldLabels): Promise<readonly Row[]> {
  const first: Row[] = [];
  const read: AsyncIterable<Row> = {
    [Symbol.asyncIterator]: () => ({
      async next() {
        const step = await rows.next();
        if (!step.done) first.push(step.value);
        return step.done ? { done: true, value: undefined } : step;
      },
    }),
  };
  let usable = 0;
  for await (const review of toReviews({ rows: read, roles }, gold)) {
    if (isUsable(review)) usable += 1;
    if (usable >= trialRows || first.length >= mostRead) break;
  }
  return first;
}

async function* iterate(rows: readonly Row[]): AsyncGenerator<Row, void> {
  yield* rows;
}
