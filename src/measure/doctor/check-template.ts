import type { Agent } from '../../classify/agent.js';
import { LabelMasses } from '../../classify/confidence/label-masses.js';
import { messageOf } from '../../foundation/errors/chorale-error.js';
import { type Check, fine, unknown, warning } from './check.js';

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
): Promise<Check | undefined> {
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
