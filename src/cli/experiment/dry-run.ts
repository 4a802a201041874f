import { defaults } from '../../foundation/defaults.js';
import type { ExperimentData } from './open-data.js';
import { agentMaker, type PreparedExperiment } from './run-plan.js';

/** Shows the variants and the number of requests. Sends none. */
export async function dryRun(plan: PreparedExperiment, { rows, columns }: ExperimentData): Promise<number> {
  const { flags, variants, terminal } = plan;
  const repeats = flags.repeats ?? defaults.repeats;
  const agentFor = agentMaker(plan);
  const shown = [];
  for (const variant of variants) {
    const agent = await agentFor(variant, 1);
    const tokens = rows.rows.reduce((sum, { text }) => sum + agent.sizeOf(text).promptTokens, 0);
    await agent.model.close();
    const { provider, name: model } = agent.model;
    shown.push({
      name: variant.name,
      provider,
      model,
      prompt: agent.promptId,
      estimated_prompt_tokens: tokens * repeats,
    });
  }
  const summary = {
    rows: rows.rows.length,
    label_counts: rows.counts,
    left_out: rows.excluded,
    copies: rows.duplicates,
    text: columns.text,
    id: columns.id ?? null,
    label: columns.label ?? null,
    labels: rows.labels,
    repeats,
    questions: rows.rows.length * variants.length * repeats,
    variants: shown,
  };
  if (flags.json) await terminal.printJson(summary);
  else await terminal.print(renderPlan(summary));
  return 0;
}

function renderPlan({ variants, label_counts, left_out, labels, ...facts }: PlanSummary): string {
  const lines = [
    ...Object.entries(facts).map(([name, value]) => `${name}: ${value ?? '–'}`),
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

interface PlanSummary {
  readonly rows: number;
  readonly label_counts: Readonly<Record<string, number>>;
  readonly left_out: { readonly unlabelled: number; readonly blank: number; readonly unreadable: number };
  readonly copies: number;
  readonly text: string;
  readonly id: string | null;
  readonly label: string | null;
  readonly labels: readonly string[];
  readonly repeats: number;
  readonly questions: number;
  readonly variants: readonly {
    readonly name: string;
    readonly model: string;
    readonly prompt: string;
    readonly estimated_prompt_tokens: number;
  }[];
}
