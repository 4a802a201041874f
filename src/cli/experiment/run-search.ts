import type { RunStore } from '../../analysis/run-store.js';
import { type Prompt, withOptions } from '../../classify/prompt/prompt.js';
import { loadPrompt } from '../../classify/prompt/prompt-file.js';
import { writeText } from '../../data/file-sinks.js';
import {
  countSearchRequests,
  prepareSearch,
  type SearchOptions,
  searchFewShot,
} from '../../evaluate/few-shot-search.js';
import { DefectError, UsageError } from '../../foundation/errors/chorale-error.js';
import { renderSearch } from '../../report/render-search.js';
import { adaptPrompt, makeAgent } from '../make-model-and-agent.js';
import { type PreparedExperiment, settingsOf, sharedOptions } from './run-plan.js';

const exitCodes = { done: 0, someFailed: 5 };

/** Chooses examples for a prompt, writes the new prompt, and tells whether it is better. @returns the exit code */
export async function runSearch(plan: PreparedExperiment, store: RunStore, outPrompt: string): Promise<number> {
  const { flags } = plan;
  const { progress, terminal } = plan.session;
  const options = await searchOptions(plan, outPrompt);
  progress.begin('loading the model');
  const { result, source } = await searchFewShot({
    ...options,
    ...sharedOptions(plan, store),
    onProgress: ({ variant, repeat: _, ...counts }) =>
      progress.update({ ...counts, byLabel: new Map(), note: variant }),
  });
  progress.end();
  await writeText(outPrompt, source);
  await (flags.json ? terminal.printJson(result) : terminal.printTables(() => renderSearch(result)));
  for (const warning of result.warnings) terminal.warn(warning);
  terminal.note(
    `the new prompt is ${outPrompt}${result.winner.better ? '' : ', and it is not better than the one before'}`,
  );
  const failed = result.validation.reduce((sum, look) => sum + look.failed, 0);
  if (failed > 0) terminal.note(`${failed} answers of the validation half failed and count as wrong`);
  return failed > 0 ? exitCodes.someFailed : exitCodes.done;
}

/** Shows the plan of a search. Sends no request. */
export async function dryRunSearch(plan: PreparedExperiment, outPrompt: string): Promise<number> {
  const { terminal } = plan.session;
  const { rows, candidates, finalists } = prepareSearch(await searchOptions(plan, outPrompt));
  const summary = {
    pool: Object.fromEntries([...rows.pool].map(([label, { length }]) => [label, length])),
    scored: rows.scored.rows.length,
    validation: rows.validation.rows.length,
    candidates: candidates.length,
    finalists: Math.min(finalists, candidates.length),
    questions: countSearchRequests(rows, candidates.length + 1, finalists),
  };
  const { pool, ...counts } = summary;
  const lines = [
    `texts that may be examples: ${Object.entries(pool)
      .map(([label, count]) => `${label} ${count}`)
      .join(', ')}`,
    ...Object.entries(counts).map(([name, count]) => `${name}: ${count}`),
    '(nothing was sent)',
  ];
  await (plan.flags.json ? terminal.printJson(summary) : terminal.print(`${lines.join('\n')}\n`));
  return 0;
}

async function searchOptions(plan: PreparedExperiment, outPrompt: string): Promise<SearchOptions> {
  const { flags, settings, variants, data, session } = plan;
  if (settings.provider === 'lexicon') {
    throw new UsageError('--search needs a model that reads prompts; the lexicon reads none');
  }
  const [variant] = variants;
  if (!variant) throw new DefectError(new Error('a search without a variant'));
  const prompt = withOptions(await loadPrompt(variant.prompt), variant.options);
  // What the configuration adds to every prompt is no part of the new file.
  const agentFor = (candidate: Prompt) =>
    makeAgent(settingsOf(variant, plan), { ...session.extras, changePrompt: () => adaptPrompt(candidate, settings) });
  const { examples, restarts, seed } = flags;
  return { prompt, data: data.rows, name: nameOf(outPrompt), examples, restarts, seed, agentFor };
}

/** As the prompt will be called when it is loaded, so that its answers are found again. */
function nameOf(path: string): string {
  return path.replace(/^.*[/\\]/, '').replace(/\.prompt$/, '');
}
