import type { RunStore } from '../../analysis/run-store.js';
import { type Prompt, withMaxTokens, withOptions, withSystemPrompt } from '../../classify/prompt/prompt.js';
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
import { programVersion } from '../command-name.js';
import { makeAgent } from '../make-agent.js';
import { flagOf } from '../print-error.js';
import type { ExperimentData } from './open-data.js';
import { type PreparedExperiment, recordOf, workersOf } from './run-plan.js';

const exitCodes = { done: 0, someFailed: 5 };

/** Chooses examples for a prompt, writes the new prompt, and tells whether it is better. @returns the exit code */
export async function runSearch(
  plan: PreparedExperiment,
  data: ExperimentData,
  store: RunStore,
  outPrompt: string,
): Promise<number> {
  const { flags, observer, progress, signal, terminal } = plan;
  const options = await searchOptions(plan, data, outPrompt);
  progress.begin('loading the model');
  try {
    const { result, source } = await searchFewShot({
      ...options,
      ...workersOf(plan.settings),
      versions: { chorale: programVersion(), node: process.version },
      record: recordOf(plan, data, store),
      signal,
      observer,
      spell: flagOf,
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
  } finally {
    progress.end();
  }
}

/** Shows the plan of a search. Sends no request. */
export async function dryRunSearch(plan: PreparedExperiment, data: ExperimentData, outPrompt: string): Promise<number> {
  const { rows, candidates, finalists } = prepareSearch(await searchOptions(plan, data, outPrompt));
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
  await (plan.flags.json ? plan.terminal.printJson(summary) : plan.terminal.print(`${lines.join('\n')}\n`));
  return 0;
}

async function searchOptions(
  plan: PreparedExperiment,
  data: ExperimentData,
  outPrompt: string,
): Promise<SearchOptions> {
  const { flags, settings, variants, labels, observer, progress } = plan;
  if (settings.provider === 'lexicon') {
    throw new UsageError('--search needs a model that reads prompts; the lexicon reads none');
  }
  const [variant] = variants;
  if (!variant) throw new DefectError(new Error('a search without a variant'));
  const { model, options } = variant;
  const prompt = withOptions(await loadPrompt(variant.prompt), options);
  const agentFor = (candidate: Prompt) =>
    makeAgent(
      { ...settings, prompt: variant.prompt, model: model ?? settings.model, labels },
      {
        observer,
        hostObserver: progress.observer,
        verbose: flags.verbose === true,
        simulateLatencyMs: flags.simulateLatencyMs,
        changePrompt: () => adapted(candidate, plan),
      },
    );
  const { examples, restarts, seed } = flags;
  return { prompt, data: data.rows, name: nameOf(outPrompt), examples, restarts, seed, agentFor };
}

/** What the configuration adds to every prompt is no part of the new file. */
function adapted(prompt: Prompt, { settings: { systemPrompt, maxTokens } }: PreparedExperiment): Prompt {
  const instructed = systemPrompt === undefined ? prompt : withSystemPrompt(prompt, systemPrompt);
  return maxTokens === undefined ? instructed : withMaxTokens(instructed, maxTokens);
}

/** As the prompt will be called when it is loaded, so that its answers are found again. */
function nameOf(path: string): string {
  return path.replace(/^.*[/\\]/, '').replace(/\.prompt$/, '');
}
