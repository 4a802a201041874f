import type { Agent } from '../../classify/agent.js';
import type { ModelInput, ModelRequest } from '../../model/model.js';

/** Times to the first token, in milliseconds: the middle one of a few. */
export interface PrefixCache {
  /** With a prompt that the server has not seen. */
  readonly coldMs: number;
  /** With the same prompt and another review. */
  readonly warmMs: number;
}

const repeats = 3;

/**
 * Measures what the server's prefix cache gives: the time to the first token of a prompt that begins like no other, and
 * of the same prompt with another review. One request at a time.
 * @param texts at least two different reviews
 * @returns undefined where the model does not tell when the first token came
 */
export async function probePrefixCache(
  agent: Agent,
  texts: readonly string[],
  signal: AbortSignal,
): Promise<PrefixCache | undefined> {
  const cold: number[] = [];
  const warm: number[] = [];
  for (let round = 0; round < repeats; round += 1) {
    for (const [index, times] of [cold, warm].entries()) {
      const text = texts[(2 * round + index) % texts.length] ?? '';
      const request = beginningWith(`Batch ${round + 1}${'.'.repeat(round + 1)} `, agent.requestFor(text));
      const { durations } = await agent.model.ask(request, { signal });
      if (durations.firstTokenMs === null) return undefined;
      times.push(durations.firstTokenMs - (durations.queueMs ?? 0) - (durations.loadMs ?? 0));
    }
  }
  return { coldMs: middle(cold), warmMs: middle(warm) };
}

/** The request with something in front of everything else, so that no earlier prompt begins like it. */
function beginningWith(nonce: string, request: ModelRequest): ModelRequest {
  return { ...request, input: prefixed(nonce, request.input) };
}

function prefixed(nonce: string, input: ModelInput): ModelInput {
  if (input.kind === 'completion') return { ...input, prompt: `${nonce}${input.prompt}` };
  const [first, ...rest] = input.messages;
  return first ? { ...input, messages: [{ ...first, content: `${nonce}${first.content}` }, ...rest] } : input;
}

function middle(times: readonly number[]): number {
  return Math.max(0, [...times].sort((a, b) => a - b)[Math.floor(times.length / 2)] ?? 0);
}
