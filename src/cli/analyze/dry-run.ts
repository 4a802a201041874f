import type { Agent } from '../../classify/agent.js';
import { isBlank } from '../../foundation/text/visible-text.js';
import type { ModelInput } from '../../model/model.js';
import { isRecord } from '../options/read-config.js';
import { describeShown } from '../shown-columns.js';
import type { Terminal } from '../terminal.js';
import { type OpenInput, toReviews } from './open-input.js';

/**
 * Shows the plan of a run. Sends no request.
 * @param tried the prompts among which one is still to be chosen; the one of the agent stands for it
 */
export async function dryRun(
  input: OpenInput,
  agent: Agent,
  json: boolean,
  terminal: Terminal,
  tried?: readonly string[],
): Promise<void> {
  let rows = 0;
  let blank = 0;
  let tokens = 0;
  let tooLong = 0;
  let first: string | null = null;
  for await (const review of toReviews(input, undefined)) {
    rows += 1;
    if (review.problem) continue;
    if (review.text === null || isBlank(review.text)) {
      blank += 1;
      continue;
    }
    const given = { text: review.text, columns: review.columns };
    first ??= textOfInput(agent.requestFor(given).input);
    const { promptTokens, fits } = agent.sizeOf(given);
    tokens += promptTokens;
    if (!fits) tooLong += 1;
  }
  const { shown } = input.roles;
  const plan = {
    provider: agent.model.provider,
    model: agent.model.name,
    prompt: tried ? 'auto' : agent.promptId,
    ...(tried ? { prompts_to_try: tried, shown_prompt: agent.promptId } : {}),
    labels: agent.labels,
    columns: input.columns,
    text: input.roles.text,
    id: input.roles.id ?? null,
    label: input.roles.label ?? null,
    ...(shown.size > 0 && { shown_columns: Object.fromEntries(shown) }),
    rows,
    blank,
    estimated_prompt_tokens: tokens,
    context_tokens: agent.requestFor('').options.contextTokens,
    estimated_too_long: tooLong,
    long: agent.long,
    first_prompt: first,
  };
  await (json ? terminal.printJson(plan) : terminal.print(renderPlan(plan)));
}

function renderPlan(plan: Readonly<Record<string, unknown>> & { readonly first_prompt: string | null }): string {
  const { first_prompt: prompt, ...facts } = plan;
  const lines = Object.entries(facts).map(([name, value]) => `${name.replaceAll('_', ' ')}: ${show(value)}`);
  return `${lines.join('\n')}\n(tokens are estimated; nothing was sent)\n\nfirst prompt:\n${prompt ?? '(no review to show)'}\n`;
}

function show(value: unknown): string {
  if (isRecord(value)) return describeShown(value);
  return Array.isArray(value) ? value.map((one) => (one === '' ? '(empty)' : one)).join(', ') : String(value ?? '–');
}

function textOfInput(input: ModelInput): string {
  if (input.kind === 'completion') return input.prompt;
  return input.messages.map(({ role, content }) => `[${role}]\n${content}`).join('\n');
}
