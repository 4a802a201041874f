import type { Agent } from '../../classify/agent.js';
import { LabelMasses } from '../../classify/confidence/label-mass-warning.js';
import type { PromptInput } from '../../classify/prompt/prompt-input.js';
import { codeOf, messageOf } from '../../foundation/errors/chorale-error.js';
import { ModelMissingError } from '../../model/model-errors.js';
import type { OllamaServer } from '../../model/ollama/manage-models.js';

/** The result of one check; field names are those of the JSON output. */
export interface HostCheck {
  readonly name: string;
  /** `wrong`: a run would fail; `warning`: a run would be slower or less accurate; `unknown`: not measurable. */
  readonly status: 'ok' | 'warning' | 'wrong' | 'unknown';
  /** The finding, in one sentence for people. */
  readonly says: string;
  /** The command that fixes the problem; null without a problem or a command. */
  readonly mend: string | null;
}

const checkOf =
  (status: HostCheck['status']) =>
  (name: string, says: string, mend: string | null = null): HostCheck => ({ name, status, says, mend });

export const fine = checkOf('ok');
export const unknown = checkOf('unknown');
export const warning = checkOf('warning');
export const wrong = checkOf('wrong');

interface ServerCheckOptions {
  readonly model: string;
  /** Context window of the run, in tokens. */
  readonly contextTokens: number;
  readonly signal: AbortSignal;
}

/** The first version with token probabilities. */
const logprobsSince = [0, 12, 11] as const;

/**
 * Checks an Ollama server and its model without a request to the model: reachability, version, model, capabilities, context
 * window. Stops at the first `wrong` check.
 */
export async function checkServer(server: OllamaServer, options: ServerCheckOptions): Promise<HostCheck[]> {
  const { model, contextTokens, signal } = options;
  const checks: HostCheck[] = [];
  try {
    checks.push(versionCheck(await server.version({ signal })));
  } catch (error) {
    signal.throwIfAborted();
    return [wrong('server', withoutRemedy(error), startCommand(server.url, codeOf(error)))];
  }
  try {
    const facts = await server.facts(model, { signal });
    checks.push(fine('model', `${model} is installed`));
    checks.push(capabilityCheck(facts.capabilities, model));
    checks.push(contextCheck(facts.contextTokens, contextTokens));
  } catch (error) {
    signal.throwIfAborted();
    const command = error instanceof ModelMissingError ? `chorale pull ${model} --host ${server.url}` : null;
    checks.push(wrong('model', withoutRemedy(error), command));
  }
  return checks;
}

/** Whether a loaded model runs on a GPU. */
export async function checkGpu(server: OllamaServer, model: string, signal: AbortSignal): Promise<HostCheck> {
  const share = await gpuShare(server, model, signal);
  if (share === null) return unknown('GPU', 'the server does not report where the model runs');
  if (share >= 0.999) return fine('GPU', 'the whole model is in the memory of a GPU');
  if (share === 0) return fine('GPU', 'the model runs on the CPU');
  const percent = Math.round(share * 100);
  return warning(
    'GPU',
    `only ${percent} % of the model is in the memory of a GPU: the rest runs on the CPU, many times slower; use a smaller model, a smaller context window or fewer slots`,
  );
}

/** Null if the server does not report it, or in an unknown format. */
async function gpuShare(server: OllamaServer, model: string, signal: AbortSignal): Promise<number | null> {
  try {
    return (await server.loaded(model, { signal }))?.gpuShare ?? null;
  } catch {
    signal.throwIfAborted();
    return null;
  }
}

function versionCheck(version: string): HostCheck {
  // Servers built from source report 0.0.0.
  if (version === '0.0.0') return fine('version', 'Ollama, built without a version');
  if (isAtLeast(version, logprobsSince)) return fine('version', `Ollama ${version}`);
  const says = `Ollama ${version} gives no token probabilities, so answers have no confidence; update to ${logprobsSince.join('.')} or later`;
  return warning('version', says, 'curl -fsSL https://ollama.com/install.sh | sh');
}

function isAtLeast(version: string, wanted: readonly number[]): boolean {
  const parts = version.split('-', 1)[0]?.split('.').map(Number) ?? [];
  for (const [index, least] of wanted.entries()) {
    const part = parts[index] ?? 0;
    if (part !== least) return part > least;
  }
  return true;
}

function capabilityCheck(capabilities: readonly string[] | null, model: string): HostCheck {
  if (capabilities === null) return unknown('capabilities', 'the server does not report the capabilities of the model');
  if (!capabilities.includes('completion')) {
    return wrong(
      'capabilities',
      `${model} does not generate text: its capabilities are ${capabilities.join(', ') || 'none'}`,
    );
  }
  const reasons = capabilities.includes('thinking');
  return fine('capabilities', reasons ? 'generates text; reasoning is disabled' : 'generates text');
}

function contextCheck(most: number | null, wanted: number): HostCheck {
  if (most === null) return unknown('context', 'the server does not report the context window of the model');
  if (most >= wanted) return fine('context', `the context window of ${wanted} tokens is within the model's ${most}`);
  const says = `the context window of ${wanted} tokens exceeds the model's ${most}: longer prompts are rejected`;
  return warning('context', says);
}

function startCommand(url: string, code: string): string | null {
  if (code !== 'CHORALE_MODEL_UNAVAILABLE') return null;
  const { host } = new URL(url);
  return host === '127.0.0.1:11434' ? 'ollama serve' : `OLLAMA_HOST=${host} ollama serve`;
}

/** The message without the command at its end: the field `mend` has it. */
function withoutRemedy(error: unknown): string {
  return messageOf(error).replace(/; (?:start one|get it) with: .*$/, '');
}

/** This many short texts suffice: label masses differ by orders of magnitude. */
const texts = 3;

/** The shortest texts are chosen among this many. */
const candidates = 50;

const name = 'template';

/**
 * Checks whether the labels have a notable probability. With an unsuitable chat template they have none, which a schema may
 * hide. Undefined if the agent may not request probabilities.
 * @throws the signal's reason
 */
export async function checkTemplate(
  agent: Agent,
  given: readonly PromptInput[],
  signal: AbortSignal,
): Promise<HostCheck | undefined> {
  if (agent.probabilities === 'never') return undefined;
  const short = [...given.slice(0, candidates)].sort((a, b) => a.text.length - b.text.length).slice(0, texts);
  const masses = new LabelMasses(agent, Math.min(texts, short.length));
  const failures: string[] = [];
  for (const input of short) {
    try {
      masses.add((await agent.classify(input, { signal, probabilities: true })).labelMass);
    } catch (error) {
      signal.throwIfAborted();
      failures.push(messageOf(error));
    }
  }
  const [massWarning] = masses.warnings();
  if (massWarning !== undefined) return warning(name, massWarning);
  const { median } = masses;
  if (median !== null) return fine(name, `the labels have ${Number(median.toPrecision(2))} of the probability`);
  if (failures.length > 0) {
    const says = `none of ${short.length} short reviews was answered with a label: ${failures[0]}`;
    return warning(name, `${says}; the chat template may not fit the model: try a completion prompt`);
  }
  return unknown(name, 'the server gives no probabilities, which would show whether the chat template fits');
}
