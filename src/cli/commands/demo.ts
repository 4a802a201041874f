import type { ReviewResult } from '../../analysis/review-result.js';
import { streamReviews } from '../../analysis/stream-reviews.js';
import { requireCells } from '../../classify/prompt/prompt-input.js';
import { ConfigError } from '../../foundation/errors/chorale-error.js';
import type { Observer } from '../../foundation/events/event.js';
import { combineObservers } from '../../foundation/events/observers.js';
import type { Resources } from '../../foundation/resources.js';
import { listChoices } from '../../foundation/text/message-text.js';
import { TimelineBuilder } from '../../measure/timeline/build-timeline.js';
import { publicAddress } from '../../model/http/address.js';
import { shortest } from '../command-name.js';
import { type DemoReview, demoConfig, demoInput, loadDemoReviews, openDemoEvents } from '../demo/demo-inputs.js';
import { type DemoAgent, findDemoAgent } from '../demo/find-agent.js';
import { metricsOf, nextSteps, outcomeOf, Story, sharesOf } from '../demo/show-results.js';
import { refuseLoss, takeLocks } from '../guard-files.js';
import type { DemoFlags } from '../options/command-options.js';
import { flagOf } from '../print-error.js';
import { watchSilence } from '../progress/silence-watch.js';
import { runUntilInterrupted } from '../run-until-interrupted.js';
import type { Terminal } from '../terminal.js';

/** `chorale demo`: the walk-through in ten sections. The story is on stdout, the events are on stderr or in a file. */
export function demo(_: readonly string[], flags: DemoFlags, terminal: Terminal): Promise<number> {
  const { config = demoConfig, prompt, events } = flags;
  refuseLoss({
    inputs: [{ path: demoInput, what: 'the input' }],
    prompts: prompt === undefined ? [] : [prompt],
    config,
    outputs: [events],
  });
  return runUntilInterrupted(terminal, 'demo', async (interrupted, resources) => {
    const signal = await takeLocks([events], interrupted, resources);
    const story = new Story(terminal);
    const opened = resources.use(await openDemoEvents(flags, terminal, signal));
    await story.section(1, 'Configuring observability');
    await story.line(opened.says);
    const builder = new TimelineBuilder();
    const timeline: Observer = {
      onEvent: ({ type, timestamp, data }) => builder.add({ type, at: timestamp, data: { ...data } }),
    };
    const observer = combineObservers(opened.observer, timeline);
    return showSections(flags, observer, () => showTimeline(builder, story), signal, story, resources);
  });
}

async function showSections(
  flags: DemoFlags,
  observer: Observer,
  showLanes: () => Promise<void>,
  signal: AbortSignal,
  story: Story,
  resources: Resources,
): Promise<number> {
  await story.section(2, 'Loading the agent configuration');
  await story.line(`Configuration: ${shortest(process.cwd(), flags.config ?? demoConfig)}`);
  const silence = watchSilence((waiting) => void story.line(`${waiting} for the server`));
  resources.defer(() => silence.stop());
  const onStep = (step: string) => {
    silence.heard();
    return story.line(step);
  };
  const found = await findDemoAgent({ flags, terminal: story.terminal, observer, signal, resources, onStep });
  silence.stop();
  await describeAgent(found, story);

  await story.section(3, 'Preparing the reviews');
  const reviews = await loadDemoReviews();
  await story.line(`${reviews.length} reviews of ${new Set(reviews.map(({ product }) => product)).size} products.`);

  const stream = openStream(found, reviews, observer, signal, story);
  await story.section(4, 'Configuring parallel processing');
  const { workerCap } = found.settings;
  await story.line(`${stream.workers} workers (cap ${workerCap}); a failed review does not stop the others.`);

  await story.section(5, 'Defining the processor');
  await story.line(`Prompt ${found.agent.promptId}; each review becomes ${listChoices(found.agent.labels)}.`);
  if (found.trial) await story.line(`The prompt was chosen: ${found.trial.because}.`);

  await story.section(6, 'Configuring progress tracking');
  await story.line('One line for each review as soon as it is done.');

  await story.section(7, 'Executing');
  const results: ReviewResult[] = [];
  const answers = watchSilence((waiting) => void story.line(`${waiting} for an answer`));
  resources.defer(() => answers.stop());
  for await (const { result } of stream.outcomes) {
    answers.heard();
    results.push(result);
  }
  answers.stop();

  await story.section(8, 'Results in original order');
  for (const [index, review] of reviews.entries()) await showResult(index + 1, review, results[index], story);

  const warnings = warningsOf(found);
  const summary = stream.summary(warnings);
  await story.section(9, 'Sentiment summary');
  for (const row of sharesOf(summary)) await story.line(row);

  await story.section(10, 'Performance metrics');
  for (const row of metricsOf(summary, results)) await story.line(row);
  await story.line(
    '(In flight: reviews at the server at the same time, on average. Estimated speedup: how much faster than one review ' +
      'after the other; no estimate where it could be off by a tenth.)',
  );
  for (const warning of warnings) await story.line(`Note: ${warning}.`, '', 'warning');
  await showLanes();
  await showNextSteps(found, flags, story);
  return summary.failed > 0 ? 5 : 0;
}

function openStream(
  { agent, settings }: DemoAgent,
  reviews: readonly DemoReview[],
  observer: Observer,
  signal: AbortSignal,
  story: Story,
) {
  if (settings.failFast) throw new ConfigError('parallel.fail_fast', 'has no place in the demo; set it to false');
  const inputs = reviews.map(({ product, text }, index) => ({
    ...{ index, id: String(index + 1), text },
    columns: { product },
  }));
  for (const input of inputs) requireCells(input, agent.columns, agent.promptId);
  const { workers, workerCap } = settings;
  const onProgress = (done: number, { index, sentiment, status }: ReviewResult) => {
    const share = Math.floor((done / reviews.length) * 100);
    const latest = `Review #${index + 1} (${sentiment ?? status})`;
    // The next section reports a problem of stdout.
    story.line(`Progress: ${done}/${reviews.length} reviews analyzed (${share}%) - Latest: ${latest}`).catch(() => {});
  };
  return streamReviews(inputs, {
    agent,
    workers,
    workerCap,
    runId: 'demo',
    signal,
    observer,
    spell: flagOf,
    onProgress,
  });
}

async function describeAgent({ settings, agent, info, fallback, replacement }: DemoAgent, story: Story): Promise<void> {
  const { provider, name, caveat } = agent.model;
  await story.line(`Agent '${settings.name}': ${provider} ${name}`);
  if (provider !== 'lexicon') await story.line(`Server: ${describeServer(settings.hosts, info.serverVersion)}`);
  if (replacement !== null) await story.line(`Another model answers: ${replacement}.`);
  if (fallback !== null) {
    await story.line(`No model: ${fallback.message}.`);
    await story.line('So the lexicon answers instead.');
  }
  if (caveat !== null) await story.line(`Note: ${caveat}.`, '', 'warning');
}

function describeServer(hosts: readonly string[], version: string | null): string {
  return `${hosts.map(publicAddress).join(', ')}${version === null ? '' : ` (version ${version})`}`;
}

function warningsOf({ agent, fallback, replacement }: DemoAgent): string[] {
  const { caveat } = agent.model;
  return [
    ...(fallback === null ? [] : [`the lexicon answered instead of the configured model (${fallback.message})`]),
    ...(replacement === null ? [] : [`another model answered than the configured one (${replacement})`]),
    ...(caveat === null ? [] : [caveat]),
  ];
}

/** The product, the review, and its label, or why it has none. */
async function showResult(
  number: number,
  { product, text }: DemoReview,
  result: ReviewResult | undefined,
  story: Story,
) {
  await story.line(`[${number}] ${product}`);
  await story.line(`"${text}"`, '    ');
  await story.line(outcomeOf(result), '    ', result?.status === 'ok' ? undefined : 'bad');
}

/** A row for each worker: when it did what. */
async function showTimeline(builder: TimelineBuilder, story: Story): Promise<void> {
  const timeline = builder.build();
  if (!timeline) return;
  await story.heading('Timeline');
  await story.timeline(timeline);
}

async function showNextSteps(found: DemoAgent, flags: DemoFlags, story: Story): Promise<void> {
  await story.heading('What next');
  for (const step of nextSteps(found, flags, story.terminal)) {
    await story.line(step.says);
    await story.command(step.command);
  }
}
