import type { Agent } from '../../classify/agent.js';
import { LabelMasses } from '../../classify/confidence/label-mass.js';
import { codeOf, messageOf } from '../../foundation/errors/chorale-error.js';
import { ModelMissingError } from '../../model/model-errors.js';
import type { OllamaServer } from '../../model/ollama/ollama-server.js';

/** What was found out about one thing. */
export interface HostCheck {
  /** What was looked at, in a word or two. */
  readonly name: string;
  /** `wrong`: a run would fail; `warning`: it would work, and worse than it could; `unknown`: it cannot be found out. */
  readonly status: 'ok' | 'warning' | 'wrong' | 'unknown';
  /** What was found, in one sentence for people. */
  readonly says: string;
  /** The command that mends it; null where there is nothing to mend, or no command for it. */
  readonly mend: string | null;
}

/** A thing that is as it should be. */
export function fine(name: string, says: string): HostCheck {
  return { name, status: 'ok', says, mend: null };
}

/** A thing that cannot be found out. */
export function unknown(name: string, says: string): HostCheck {
  return { name, status: 'unknown', says, mend: null };
}

/** A thing with which a run works, and worse than it could. */
export function warning(name: string, says: string, mend: string | null): HostCheck {
  return { name, status: 'warning', says, mend };
}

/** A thing with which a run fails. */
export function wrong(name: string, says: string, mend: string | null): HostCheck {
  return { name, status: 'wrong', says, mend };
}

/** What the checks of a server need to know of a run. */
interface ServerCheckOptions {
  readonly model: string;
  /** Context length of the run, prompt and answer together, in tokens. */
  readonly contextTokens: number;
  readonly signal: AbortSignal;
}

/** The first version that gives token probabilities. */
const logprobsSince = [0, 12, 11] as const;

/**
 * Looks at an Ollama server and its model without asking a question: there, version, model, capabilities, context. What
 * comes after a thing that is wrong is left out.
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
    const mend = error instanceof ModelMissingError ? `chorale pull ${model} --host ${server.url}` : null;
    checks.push(wrong('model', withoutRemedy(error), mend));
  }
  return checks;
}

/** Where a loaded model computes. */
export async function checkGpu(server: OllamaServer, model: string, signal: AbortSignal): Promise<HostCheck> {
  const share = await gpuShare(server, model, signal);
  if (share === null) return unknown('GPU', 'the server does not tell where the model computes');
  if (share >= 0.999) return fine('GPU', 'the whole model is in the memory of a GPU');
  if (share === 0) return fine('GPU', 'the model computes on the CPU');
  const percent = Math.round(share * 100);
  return warning(
    'GPU',
    `only ${percent} % of the model is in the memory of a GPU: the rest computes on the CPU, many times slower; a smaller model, a smaller context or fewer slots make room`,
    null,
  );
}

/** Null where the server does not tell, or not so that we understand it: nothing depends on it. */
async function gpuShare(server: OllamaServer, model: string, signal: AbortSignal): Promise<number | null> {
  try {
    return (await server.loaded(model, { signal }))?.gpuShare ?? null;
  } catch {
    signal.throwIfAborted();
    return null;
  }
}

function versionCheck(version: string): HostCheck {
  // A server that somebody built calls itself 0.0.0.
  if (version === '0.0.0') return fine('version', 'Ollama, built without a version');
  if (isAtLeast(version, logprobsSince)) return fine('version', `Ollama ${version}`);
  const says = `Ollama ${version} gives no token probabilities, so there is no confidence; ${logprobsSince.join('.')} does`;
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
  if (capabilities === null) return unknown('capabilities', 'the server does not tell what the model can do');
  if (!capabilities.includes('completion')) {
    return wrong('capabilities', `${model} writes no text: it can ${capabilities.join(', ') || 'nothing'}`, null);
  }
  const thinks = capabilities.includes('thinking');
  return fine('capabilities', thinks ? 'writes text; thinks, which is switched off' : 'writes text');
}

function contextCheck(most: number | null, wanted: number): HostCheck {
  if (most === null) return unknown('context', 'the server does not tell how long a context the model takes');
  if (most >= wanted) return fine('context', `${wanted} tokens of the ${most} that the model takes`);
  const says = `the prompt asks for ${wanted} tokens, and the model takes ${most}: a longer prompt is refused`;
  return warning('context', says, null);
}

function startCommand(url: string, code: string): string | null {
  if (code !== 'CHORALE_MODEL_UNAVAILABLE') return null;
  const { host } = new URL(url);
  return host === '127.0.0.1:11434' ? 'ollama serve' : `OLLAMA_HOST=${host} ollama serve`;
}

/** The message without the command at its end, which is told apart. */
function withoutRemedy(error: unknown): string {
  return messageOf(error).replace(/; (?:start one|get it) with: .*$/, '');
}

/** So many short texts tell whether a model wants to answer with a label: the figures are apart by some orders. */
const texts = 3;

/** Texts that are looked at for short ones. */
const candidates = 50;

const name = 'template';

/**
 * Whether the model wants to answer with a label at all: behind a chat template that does not fit it does not, and a
 * schema may hide that. Undefined where no probabilities may be requested.
 * @throws the signal's reason
 */
export async function checkTemplate(
  agent: Agent,
  given: readonly string[],
  signal: AbortSignal,
): Promise<HostCheck | undefined> {
  if (agent.probabilities === 'never') return undefined;
  const short = [...given.slice(0, candidates)].sort((a, b) => a.length - b.length).slice(0, texts);
  const masses = new LabelMasses(agent, Math.min(texts, short.length));
  const failures: string[] = [];
  for (const text of short) {
    try {
      masses.add((await agent.classify(text, { signal, probabilities: true })).labelMass);
    } catch (error) {
      signal.throwIfAborted();
      failures.push(messageOf(error));
    }
  }
  const [doubt] = masses.warnings();
  if (doubt !== undefined) return warning(name, doubt, null);
  const { median } = masses;
  if (median !== null) return fine(name, `the labels have ${Number(median.toPrecision(2))} of the probability`);
  if (failures.length > 0) {
    const says = `none of ${short.length} short reviews was answered with a label: ${failures[0]}`;
    return warning(name, `${says}; the chat template may not fit the model: try a completion prompt`, null);
  }
  return unknown(name, 'the server gives no probabilities, which would show whether the chat template fits');
}
