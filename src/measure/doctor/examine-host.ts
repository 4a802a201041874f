import type { Agent } from '../../classify/agent.js';
import type { PromptInput } from '../../classify/prompt/prompt-input.js';
import { messageOf } from '../../foundation/errors/chorale-error.js';
import { nodeRuntime, type Runtime } from '../../foundation/runtime.js';
import { PromptTooLongError } from '../../model/model-errors.js';
import type { OllamaServer } from '../../model/ollama/manage-models.js';
import {
  type Estimate,
  estimateRun,
  type PrefixCache,
  probePrefixCache,
  probeSlots,
  probeThroughput,
  type Slots,
  type Throughput,
} from './probes.js';
import {
  checkGpu,
  checkServer,
  checkTemplate,
  fine,
  type HostCheck,
  unknown,
  warning,
  wrong,
} from './server-checks.js';

export interface Examination {
  readonly agent: Agent;
  /** The server of the agent's model, if it is an Ollama server. */
  readonly server: OllamaServer | undefined;
  /** Reviews for the probes: of the data set, or similar ones. */
  readonly inputs: readonly PromptInput[];
  /** The longest review of the data set. */
  readonly longest: PromptInput;
  /** Number of reviews of the data set; null if there is none. */
  readonly reviews: number | null;
  /** Workers of the throughput probe; 0: as many as the server has slots. */
  readonly workers: number;
  /** Length of the throughput probe, in milliseconds; 0: no measurement at all. */
  readonly probeMs: number;
  /** The command that sets the context window of the prompt; null without such a command. */
  readonly contextCommand: (tokens: number) => string | null;
  /** Called before each step, with a few words. */
  readonly onStep?: ((step: string) => void) | undefined;
  readonly signal: AbortSignal;
  readonly runtime?: Runtime | undefined;
}

/** The checks and measurements of one host; null if one could not be measured. */
export interface HostDiagnosis {
  readonly checks: readonly HostCheck[];
  readonly slots: Slots | null;
  readonly prefixCache: PrefixCache | null;
  readonly throughput: Throughput | null;
  readonly estimate: Estimate | null;
}

const nothing = { slots: null, prefixCache: null, throughput: null, estimate: null };

/** Shorter times to the first token are too short to compare, in milliseconds. */
const minTimeToFirstToken = 20;

/**
 * Examines one host: first what the server reports, then measurements. Stops at the first `wrong` check.
 * @throws the signal's reason
 */
export async function examineHost(examination: Examination): Promise<HostDiagnosis> {
  const { agent, server, signal, probeMs, onStep } = examination;
  const checks: HostCheck[] = [];
  const isWrong = () => checks.some(({ status }) => status === 'wrong');
  if (server) {
    onStep?.('querying the server');
    const { contextTokens } = agent.requestFor('').options;
    checks.push(...(await checkServer(server, { model: agent.model.name, contextTokens, signal })));
    if (isWrong()) return { checks, ...nothing };
  }
  onStep?.('loading the model');
  checks.push(await loadingCheck(examination));
  if (isWrong()) return { checks, ...nothing };
  if (server) checks.push(await checkGpu(server, agent.model.name, signal));
  onStep?.('classifying the longest review');
  checks.push(await fitCheck(examination));
  if (isWrong()) return { checks, ...nothing };
  onStep?.('trying the chat template');
  const template = await checkTemplate(agent, examination.inputs, signal);
  if (template) checks.push(template);
  if (probeMs === 0) return { checks, ...nothing };
  return measure(examination, checks);
}

async function measure(examination: Examination, checks: HostCheck[]): Promise<HostDiagnosis> {
  const { agent, signal, inputs, probeMs, onStep, runtime = nodeRuntime } = examination;
  onStep?.('counting the slots');
  const slots = await countSlots(examination, checks);
  onStep?.('trying the prefix cache');
  const prefixCache = (await probePrefixCache(agent, inputs, signal)) ?? null;
  checks.push(cacheCheck(prefixCache));
  onStep?.(`measuring for ${Math.round(probeMs / 1_000)} s`);
  const workers = examination.workers || slots?.count || 1;
  const throughput = await probeThroughput(agent, inputs, { workers, limitMs: probeMs, signal, runtime });
  checks.push(...throughputChecks(throughput, agent.probabilities === 'always'));
  const { reviews } = examination;
  return {
    checks,
    slots,
    prefixCache,
    throughput,
    estimate: reviews === null ? null : estimateRun(reviews, throughput),
  };
}

async function countSlots(examination: Examination, checks: HostCheck[]): Promise<Slots | null> {
  const { agent, signal, runtime = nodeRuntime } = examination;
  try {
    const slots = await probeSlots(agent.model, agent.requestFor('').options, { signal, runtime });
    checks.push(slotsCheck(slots, examination));
    return slots;
  } catch (error) {
    signal.throwIfAborted();
    checks.push(unknown('slots', `cannot be counted: ${messageOf(error)}`));
    return null;
  }
}

async function loadingCheck({ agent, signal }: Examination): Promise<HostCheck> {
  try {
    const { loadMs } = await agent.prepare({ signal });
    return fine('loading', loadMs === null ? 'the server answers' : `the model is loaded (${Math.round(loadMs)} ms)`);
  } catch (error) {
    signal.throwIfAborted();
    return wrong('loading', messageOf(error));
  }
}

/** Whether the longest review fits into the context window, by a request. */
async function fitCheck({ agent, longest, signal, contextCommand }: Examination): Promise<HostCheck> {
  const request = agent.requestFor(longest);
  const { contextTokens, maxOutputTokens } = request.options;
  try {
    const { usage } = await agent.model.ask(request, { signal });
    if (usage.promptTokens === null) return unknown('prompt', 'the server does not count tokens');
    const needed = usage.promptTokens + maxOutputTokens;
    const says = `at most ${usage.promptTokens} prompt and ${maxOutputTokens} output tokens, context window ${contextTokens}`;
    return needed <= contextTokens ? fine('prompt', says) : wrong('prompt', says, contextCommand(windowFor(needed)));
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof PromptTooLongError)) return wrong('prompt', messageOf(error));
    const { input } = request;
    const text = input.kind === 'chat' ? input.messages.map(({ content }) => content).join('\n') : input.prompt;
    // An estimate: half a token per byte is more than nearly every text has.
    const most = windowFor(Math.ceil(Buffer.byteLength(text) / 2) + maxOutputTokens);
    return wrong(
      'prompt',
      `the longest prompt does not fit into the context window of ${contextTokens} tokens`,
      contextCommand(most),
    );
  }
}

/** The next power of two. */
function windowFor(tokens: number): number {
  return 2 ** Math.ceil(Math.log2(tokens));
}

function slotsCheck({ count, atLeast }: Slots, { server }: Examination): HostCheck {
  const says = `this server processes ${atLeast ? 'at least' : 'about'} ${count} requests at once`;
  if (count > 1 || !server) return fine('slots', says);
  const restart = `OLLAMA_HOST=${new URL(server.url).host} OLLAMA_NUM_PARALLEL=4 ollama serve`;
  return fine('slots', `${says}; more workers only wait in its queue. On a GPU more slots are faster: ${restart}`);
}

function cacheCheck(measured: PrefixCache | null): HostCheck {
  const name = 'prefix cache';
  if (measured === null) return unknown(name, 'the server does not report the time to the first token');
  const { coldMs, warmMs } = measured;
  if (coldMs < minTimeToFirstToken)
    return unknown(name, `prompts are read within ${Math.round(coldMs)} ms: too short to compare`);
  const says = `the first token takes ${Math.round(coldMs)} ms with a new prompt, ${Math.round(warmMs)} ms with a cached one`;
  return warmMs < 0.7 * coldMs ? fine(name, `works: ${says}`) : warning(name, `saves little: ${says}`);
}

function throughputChecks(measured: Throughput, requested: boolean): HostCheck[] {
  const { answered, failed, perSecond, workers, withConfidence, failures } = measured;
  const checks: HostCheck[] = [];
  if (perSecond === null) {
    checks.push(warning('throughput', `${answered} answers: too few for a rate; allow the probe more time`));
  } else {
    checks.push(fine('throughput', `${perSecond.toFixed(2)} reviews per second with ${workers} workers`));
  }
  if (failed > 0) {
    const kinds = [...failures].map(([code, count]) => `${code} ${count}`).join(', ');
    checks.push(warning('answers', `${failed} of ${answered + failed} failed (${kinds})`));
  }
  if (answered > 0) checks.push(confidenceCheck(withConfidence, requested));
  return checks;
}

function confidenceCheck(share: number, requested: boolean): HostCheck {
  const name = 'confidence';
  if (share > 0) return fine(name, `${Math.round(share * 100)} % of the answers have one`);
  if (!requested) return unknown(name, 'no answer has one: no probabilities are requested for this prompt');
  return unknown(name, 'no answer has one: the server gives no probabilities, or they do not cover the labels');
}

/** Whether a run would not fail on this host. */
export function isHealthy({ checks }: HostDiagnosis): boolean {
  return checks.every(({ status }) => status !== 'wrong');
}
