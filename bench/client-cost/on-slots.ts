import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createAgent, loadPrompt, ollama } from 'chorale';
import { isMissed, type Ratio, renderMachine, renderRatios, renderTable, writeSection } from '../report.js';
import { writeReviews } from '../scale/write-reviews.js';
import type { MeasuredRun } from './measured-run.js';
import { findPromptfoo, runPromptfoo } from './promptfoo.js';
import { medianOf, runChorale, runScript, type Target, type Task } from './runs.js';
import type { SlotMessage, SlotReport } from './slot-ollama.js';

const slots = 16;
const holdMs = 20;
const timeoutMs = 120_000;
const targets = { wall: 1.1, cpuMs: 1, peakMb: 130 };

/** The runs of one client, and what the server held in the mean. */
interface Series {
  readonly name: string;
  readonly rows: number;
  readonly runs: MeasuredRun[];
  readonly held: number[];
}

/** Compares the clients on a server with slots. @returns whether every target is met */
export async function compareOnSlots(
  task: Task,
  promptfoo: { readonly rows: number; readonly install: boolean },
): Promise<boolean> {
  const server = fork(fileURLToPath(new URL('slot-ollama.ts', import.meta.url)), [String(slots), String(holdMs)]);
  try {
    const { port } = await messageOf(server, 'port');
    const target: Target = {
      host: `http://127.0.0.1:${port}`,
      model: 'small',
      workers: slots,
      isCompletion: false,
      timeoutMs,
    };
    const chorale: Series = { name: 'chorale', rows: task.rows, runs: [], held: [] };
    const script: Series = { name: 'script (p-map, ollama-js)', rows: task.rows, runs: [], held: [] };
    await runScript(task, target, -1);
    await report(server);
    for (let round = 0; round < task.rounds; round += 1) {
      await run(chorale, server, () => runChorale(task, target, round));
      await run(script, server, () => runScript(task, target, round));
    }
    const others = await promptfooSeries(task, target, promptfoo, server);
    return await conclude(task, [chorale, script, ...others]);
  } finally {
    if (server.connected) server.disconnect();
  }
}

async function run(series: Series, server: ChildProcess, work: () => Promise<MeasuredRun>): Promise<void> {
  const measured = await work();
  const { answered, meanHeldMs } = await report(server);
  if (answered !== series.rows) throw new Error(`${series.name} sent ${answered} requests for ${series.rows} rows`);
  series.runs.push(measured);
  series.held.push(meanHeldMs);
  process.stderr.write(`${series.name}: ${cellsOf(series, measured).join(' · ')} (held ${meanHeldMs.toFixed(2)} ms)\n`);
}

async function promptfooSeries(
  { folder }: Task,
  { host, model, workers }: Target,
  { rows, install }: { readonly rows: number; readonly install: boolean },
  server: ChildProcess,
): Promise<readonly Series[]> {
  const installed = rows > 0 ? findPromptfoo(install) : undefined;
  if (!installed) return [];
  const series: Series = { name: 'promptfoo', rows, runs: [], held: [] };
  const input = join(folder, 'promptfoo-reviews.csv');
  await writeReviews(input, rows);
  const agent = await createAgent({ model: ollama({ model, host }), prompt: await loadPrompt('sentiment') });
  const { input: sent } = agent.requestFor('{{text}}');
  await agent.model.close();
  if (sent.kind !== 'chat') throw new Error('the prompt is no chat');
  const messages = sent.messages.map(({ role, content }) => ({
    role,
    content: content.replace('{ {text} }', '{{text}}'),
  }));
  await run(series, server, () =>
    runPromptfoo(installed, { folder, input, host, model, workers, messages, timeoutMs: 4 * timeoutMs }),
  );
  return [series];
}

async function report(server: ChildProcess): Promise<SlotReport> {
  server.send('report');
  return messageOf(server, 'answered');
}

async function messageOf<K extends string>(server: ChildProcess, key: K) {
  const [message] = (await once(server, 'message')) as [SlotMessage];
  if (!(key in message)) throw new Error(`the server did not send '${key}'`);
  return message as Extract<SlotMessage, Record<K, unknown>>;
}

const idealMs = (rows: number) => (Math.ceil(rows / slots) * holdMs * rows) / (Math.ceil(rows / slots) * slots);

function cellsOf({ rows }: Pick<Series, 'rows'>, { wallMs, cpuMs, peakMb }: MeasuredRun): string[] {
  return [
    `${(wallMs / 1_000).toFixed(2)} s`,
    (wallMs / idealMs(rows)).toFixed(3),
    (cpuMs / rows).toFixed(3),
    peakMb.toFixed(0),
  ];
}

async function conclude({ rows, rounds }: Task, all: readonly Series[]): Promise<boolean> {
  const [chorale, script] = all.map(({ runs }) => medianOf(runs));
  if (!chorale || !script) throw new Error('a client has no runs');
  const ratios: Ratio[] = [
    { what: 'wall ÷ ideal', value: chorale.wallMs / idealMs(rows), target: targets.wall },
    { what: `CPU a row ÷ ${targets.cpuMs} ms`, value: chorale.cpuMs / rows / targets.cpuMs, target: 1 },
    { what: `peak memory ÷ ${targets.peakMb} MB`, value: chorale.peakMb / targets.peakMb, target: 1 },
    { what: 'wall ÷ wall of the script', value: chorale.wallMs / script.wallMs, target: 1 },
    { what: 'CPU ÷ CPU of the script', value: chorale.cpuMs / script.cpuMs, target: 1 },
    { what: 'peak memory ÷ that of the script', value: chorale.peakMb / script.peakMb, target: 1 },
  ];
  const held = all.map(({ held: times }) => times.reduce((sum, time) => sum + time, 0) / times.length);
  const section = `## Cost of the client

\`npm run build && npx tsx bench/client-cost.ts\`. ${renderMachine()}

${renderTable(
  ['client', 'rows', 'wall', 'wall ÷ ideal', 'CPU a row, ms', 'peak memory, MB', 'a slot held, ms'],
  all.map((series, index) => [
    series.name,
    series.rows.toLocaleString('en'),
    ...cellsOf(series, medianOf(series.runs)),
    (held[index] ?? Number.NaN).toFixed(2),
  ]),
)}

${renderRatios(ratios)}

- ${rows.toLocaleString('en')} reviews of a CSV against an Ollama-like server in a process of its own, with ${slots} slots that hold a
  request for ${holdMs} ms. It streams tokens one by one, as Ollama does, or sends one object to a client that wants no stream. The ideal
  is rows ÷ ${slots} · ${holdMs} ms.
- Medians of ${rounds} rounds in which the clients take turns. A run is the whole process from its start to its end; CPU is user
  and system time of all its threads; the memory is its largest resident set.
- **chorale**: \`analyze --workers ${slots} --out results.csv\` with the default prompt, and every answer recorded in a new store.
- **script**: \`bench/client-cost/script.mjs\`, the same messages, schema and options, without streams, retries, limits of
  time or a store.
- **promptfoo** 0.123 on Node 24, \`eval --no-cache -j ${slots}\`, one run.`;
  process.stdout.write(`${section}\n`);
  await writeSection('client-cost', section);
  return !ratios.some(isMissed);
}
