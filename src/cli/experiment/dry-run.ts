import { blockCount, loadedFor } from '../../evaluate/experiment/block-order.js';
import { drawRepeatedSample, isRepeated } from '../../evaluate/experiment/repeated-sample.js';
import { defaults } from '../../foundation/defaults.js';
import { describeShown } from '../shown-columns.js';
import { agentMaker, type PreparedExperiment } from './run-plan.js';

/** Shows the variants and the number of requests. Sends none. */
export async function dryRun(plan: PreparedExperiment): Promise<number> {
  const { terminal } = plan.session;
  const summary = await planSummary(plan);
  if (plan.flags.json) await terminal.printJson(summary);
  else await terminal.print(renderPlan(summary));
  return 0;
}

async function planSummary(plan: PreparedExperiment) {
  const { flags, variants, data } = plan;
  const { rows, roles } = data;
  const repeats = flags.repeats ?? defaults.repeats;
  const agentFor = agentMaker(plan);
  const sampled =
    repeats === 1 && flags.repeatSample !== false ? drawRepeatedSample(rows, flags.seed ?? defaults.seed) : null;
  let repeated = 0;
  const models: string[] = [];
  const shown = [];
  for (const variant of variants) {
    const agent = await agentFor(variant, 1);
    const tokens = rows.rows.reduce((sum, row) => sum + agent.sizeOf(row).promptTokens, 0);
    await agent.model.close();
    if (sampled && isRepeated(agent)) repeated += sampled.positions.length;
    models.push(loadedFor(agent));
    const { provider, name: model } = agent.model;
    shown.push({
      name: variant.name,
      provider,
      model,
      prompt: agent.promptId,
      estimated_prompt_tokens: tokens * repeats,
    });
  }
  return {
    rows: rows.rows.length,
    label_counts: rows.counts,
    left_out: rows.excluded,
    copies: rows.duplicates,
    text: roles.text,
    id: roles.id ?? null,
    label: roles.label ?? null,
    ...(roles.shown.size > 0 && { shown_columns: Object.fromEntries(roles.shown) }),
    labels: rows.labels,
    repeats,
    blocks: variants.length > 1 ? blockCount({ rows: rows.rows.length, models, blocks: flags.blocks }) : 1,
    repeated_sample: repeated,
    questions: rows.rows.length * variants.length * repeats + repeated,
    variants: shown,
  };
}

function renderPlan({
  variants,
  label_counts,
  left_out,
  labels,
  shown_columns,
  ...facts
}: Awaited<ReturnType<typeof planSummary>>): string {
  const lines = [
    ...Object.entries(facts).map(([name, value]) => `${name}: ${value ?? '–'}`),
    ...(shown_columns ? [`shown columns: ${describeShown(shown_columns)}`] : []),
    `labels: ${labels.map((label) => `${label} (${label_counts[label]})`).join(', ')}`,
    `excluded: ${left_out.unlabelled} without a label, ${left_out.blank} blank, ${left_out.unreadable} not readable`,
    '',
    ...variants.map(
      ({ name, model, prompt, estimated_prompt_tokens: tokens }) =>
        `${name}: ${model}, ${prompt}, about ${tokens} tokens of prompts`,
    ),
  ];
  return `${lines.join('\n')}\n(tokens are estimated; nothing was sent)\n`;
}
