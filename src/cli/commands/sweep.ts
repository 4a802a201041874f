import type { Agent } from '../../classify/agent.js';
import { loadPrompt } from '../../classify/prompt/prompt-file.js';
import { UsageError } from '../../foundation/errors/chorale-error.js';
import type { Resources } from '../../foundation/resources.js';
import { plural } from '../../foundation/text/message-text.js';
import { probeSlots, type Slots } from '../../measure/doctor/probes.js';
import { askAgent } from '../../measure/sweep/ask-agent.js';
import { type MeasuredLevel, runSweep } from '../../measure/sweep/run-sweep.js';
import { summarizeSweep } from '../../measure/sweep/summarize-sweep.js';
import { renderDuration } from '../../report/format-values.js';
import { renderSweep } from '../../report/render-sweep.js';
import { makeAgent, silentExtras } from '../make-model-and-agent.js';
import type { SweepFlags } from '../options/command-options.js';
import { defaultOf } from '../options/parse-options.js';
import { loadSettings, type Settings, withoutAuto } from '../options/settings.js';
import { runUntilInterrupted } from '../run-until-interrupted.js';
import { shownColumns } from '../shown-columns.js';
import { sweepInputs } from '../sweep/sweep-inputs.js';
import { sweepJson } from '../sweep/sweep-json.js';
import type { Terminal } from '../terminal.js';

/** Some level had no answer; no level had one. */
const exitCodes = { complete: 0, failures: 5, noAnswer: 4 };

/** `chorale sweep`: measures how throughput and latency depend on the number of workers. */
export function sweep(inputs: readonly string[], flags: SweepFlags, terminal: Terminal): Promise<number> {
  const work = (signal: AbortSignal, resources: Resources) => measure(inputs, flags, terminal, signal, resources);
  return runUntilInterrupted(terminal, 'sweep', work, { note: 'what was measured is shown' });
}

async function measure(
  inputs: readonly string[],
  flags: SweepFlags,
  terminal: Terminal,
  signal: AbortSignal,
  resources: Resources,
): Promise<number> {
  const settings = withoutAuto(await loadSettings(flags, terminal));
  if (settings.provider === 'lexicon') throw new UsageError('the lexicon is not a server: there is nothing to sweep');
  const shown = shownColumns([await loadPrompt(settings.prompt)], settings, flags);
  const data = await sweepInputs(inputs, flags, shown, terminal, signal);
  // One attempt each, which waits for no server: a retry would look like a slow request.
  const once = { ...settings, adaptive: false, retry: { ...settings.retry, maxRetries: 0 } };
  const agent = await makeAgent(once, { ...silentExtras, upTimeoutMs: 0 });
  resources.defer(() => agent.model.close());
  await agent.prepare({ signal });
  const slots = await slotsOf(agent, settings, terminal, signal);
  const measured: MeasuredLevel[] = [];
  const show = () => report(measured, { slots, rows: data.rows }, settings, agent, flags, terminal);
  try {
    for await (const level of runSweep({
      ...planOf(flags, terminal),
      ask: askAgent(agent),
      inputs: data.inputs,
      signal,
    })) {
      measured.push(level);
    }
  } catch (error) {
    if (measured.length > 0) await show();
    throw error;
  }
  await show();
  const answered = measured.filter(({ measure: { answered: count } }) => count > 0).length;
  if (answered === 0) return exitCodes.noAnswer;
  return answered < measured.length ? exitCodes.failures : exitCodes.complete;
}

/** The number of slots; undefined where the model cannot be asked for more than labels. */
async function slotsOf(
  { model, requestFor }: Agent,
  { provider }: Settings,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<Slots | undefined> {
  if (provider === 'http') return undefined;
  terminal.note('measuring how many requests the server works on at a time');
  return probeSlots(model, requestFor('').options, { signal });
}

function planOf(flags: SweepFlags, terminal: Terminal) {
  const { levels, requests, seed } = flags;
  const repeats = flags.levelRepeats ?? defaultOf('levelRepeats');
  const durationMs = flags.levelMs ?? defaultOf('levelMs');
  const total = levels && new Set([1, ...levels]).size * repeats;
  const about = total === undefined || requests !== undefined ? '' : ` (about ${renderDuration(total * durationMs)})`;
  const wanted = levels ? `${levels.join(', ')} workers` : 'more and more workers';
  terminal.note(`measuring ${wanted}, ${plural(repeats, 'time')} each${about}`);
  if (levels && !levels.includes(1)) terminal.note('1 worker is measured too, since speedups are relative to it');
  const onLevel = (workers: number, repeat: number) =>
    terminal.note(`measuring ${plural(workers, 'worker')} (${repeat + 1} of ${repeats})`);
  return { levels, repeats, durationMs, requests, seed, onLevel, cpuMs };
}

/** Processor time of this process so far, in milliseconds. */
function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
}

async function report(
  measured: readonly MeasuredLevel[],
  context: { readonly slots: Slots | undefined; readonly rows: number | undefined },
  settings: Settings,
  agent: Agent,
  flags: SweepFlags,
  terminal: Terminal,
): Promise<void> {
  const summary = summarizeSweep(measured);
  if (flags.json) await terminal.printJson(sweepJson(summary, context, settings, agent.promptId));
  else await terminal.printTables(() => renderSweep(summary, context));
}
