import { relative } from 'node:path';
import { ConfigError } from '../../errors/index.js';
import { type Observer, pinoObserver, shareObserver } from '../../events/index.js';
import { withoutCredentials } from '../../model/index.js';
import { type ReviewResult, streamReviews } from '../../sentiment/index.js';
import { type DemoAgent, type DemoReview, demoConfig, findDemoAgent, loadDemoReviews } from '../demo/demo-run.js';
import { renderMetrics, renderResult, renderShares } from '../demo/render-results.js';
import type { CommonFlags } from '../flags.js';
import { runUntilInterrupted } from '../signals/run-until-interrupted.js';
import { print } from '../standard-streams.js';

/** `chorale demo`: the walk-through in ten sections. The story is on stdout, the events are on stderr. */
export function demo(flags: CommonFlags): Promise<number> {
  return runUntilInterrupted('demo', (signal) => tell(flags, signal));
}

async function tell(flags: CommonFlags, signal: AbortSignal): Promise<number> {
  await section(1, 'Configuring observability');
  const observer = shareObserver(pinoObserver());
  await print('  Events go to stderr, one JSON object a line (observer: pino).\n');

  await section(2, 'Loading the agent configuration');
  const found = await findDemoAgent(flags, observer, signal);
  await print(describeAgent(found, flags.config ?? demoConfig));

  await section(3, 'Preparing the reviews');
  const reviews = await loadDemoReviews();
  await print(`  ${reviews.length} reviews of ${new Set(reviews.map(({ product }) => product)).size} products.\n`);

  const stream = openStream(found, reviews, observer, signal);
  await section(4, 'Configuring parallel processing');
  await print(
    `  ${stream.workers} workers (cap ${found.settings.workerCap}); a failed review does not stop the others.\n`,
  );

  await section(5, 'Defining the processor');
  await print(`  Prompt ${found.agent.promptId}; each review becomes ${found.agent.labels.join(', ')}.\n`);

  await section(6, 'Configuring progress tracking');
  await print('  One line for each review as soon as it is done.\n');

  await section(7, 'Executing');
  const results: ReviewResult[] = [];
  for await (const { result } of stream.outcomes) results.push(result);

  await section(8, 'Results in original order');
  for (const [index, review] of reviews.entries()) await print(renderResult(index + 1, review, results[index]));

  const warnings = warningsOf(found);
  const summary = stream.summary(warnings);
  await section(9, 'Sentiment summary');
  await print(renderShares(summary));

  await section(10, 'Performance metrics');
  await print(renderMetrics(summary, results));
  await print(
    '  (estimated speed-up: the time of all reviews added up ÷ the total duration; it overstates where the\n',
  );
  await print('  server queues. Only measuring against one worker gives a true speed-up.)\n');
  for (const warning of warnings) await print(`  Note: ${warning}.\n`);
  return summary.failed > 0 ? 5 : 0;
}

function openStream(
  { agent, settings }: DemoAgent,
  reviews: readonly DemoReview[],
  observer: Observer,
  signal: AbortSignal,
) {
  if (settings.failFast) throw new ConfigError('parallel.fail_fast', 'has no place in the demo; set it to false');
  const inputs = reviews.map(({ text }, index) => ({ index, id: String(index + 1), text }));
  const { workers, workerCap } = settings;
  const onProgress = (done: number, { index, sentiment, status }: ReviewResult) => {
    const share = Math.floor((done / reviews.length) * 100);
    const latest = `Review #${index + 1} (${sentiment ?? status})`;
    void print(`  Progress: ${done}/${reviews.length} reviews analyzed (${share}%) - Latest: ${latest}\n`);
  };
  return streamReviews(inputs, { agent, workers, workerCap, runId: 'demo', signal, observer, onProgress });
}

function describeAgent({ settings, agent, info, fallback }: DemoAgent, config: string): string {
  const { provider, name, caveat } = agent.model;
  const lines = [`Configuration: ${relative('.', config)}`, `Agent '${settings.name}': ${provider} ${name}`];
  if (provider !== 'lexicon') lines.push(`Server: ${describeServer(settings.hosts, info.serverVersion)}`);
  if (fallback !== null) lines.push(`No model: ${fallback}.`, 'So the lexicon answers instead.');
  if (caveat !== null) lines.push(`Note: ${caveat}.`);
  return lines.map((line) => `  ${line}\n`).join('');
}

function describeServer(hosts: readonly string[], version: string | null): string {
  return `${hosts.map(withoutCredentials).join(', ')}${version === null ? '' : ` (version ${version})`}`;
}

function warningsOf({ agent, fallback }: DemoAgent): string[] {
  const { caveat } = agent.model;
  return [
    ...(fallback === null ? [] : [`the lexicon answered instead of the configured model (${fallback})`]),
    ...(caveat === null ? [] : [caveat]),
  ];
}

async function section(number: number, title: string): Promise<void> {
  await print(`\n${number}. ${title}\n`);
}
