/**
 * What each shipped way of asking costs and gives, on a real server with a small real model, side by side in one run:
 *
 *   npx tsx bench/prompt-strategies.ts [--rows 60]
 *
 * Real product sentences with two labels; rows that no prompt has seen (checked), one worker and four, the ways in
 * random order in every block of rows, each block after a warm-up. Starts a server of its own; takes a few minutes.
 */
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { analyzeReviews, createAgent, loadPrompt, ollama } from 'chorale';
import { parse } from 'csv-parse/sync';
import { ensureModel, startOllama } from '../scripts/ollama-server.js';
import { writeSection } from './report.js';

const data = new URL('../../shared/data/product-sentences-binary.csv', import.meta.url);
const labels = ['positive', 'negative'];
const ways = ['sentiment-completion', 'sentiment', 'sentiment-json', 'sentiment-free'];
const targets = [
  { slow: 'sentiment-free', atLeast: 8 },
  { slow: 'sentiment-json', atLeast: 2.5 },
];

interface Row {
  readonly text: string;
  readonly label: string;
}

interface Measured {
  reviews: number;
  right: number;
  failed: number;
  durationMs: number;
  tokens: number;
}

const { values } = parseArgs({ options: { rows: { type: 'string', default: '60' } } });
const wanted = Number(values.rows);
const blockSize = 20;

const seen = new Set<string>();
for (const way of ways) for (const example of (await loadPrompt(way)).examples) seen.add(example.text.trim());
const all: Row[] = parse(readFileSync(data), { columns: true });
const rows = all.filter(({ text }) => !seen.has(text.trim()));

const server = await startOllama({ numParallel: 4 });
try {
  const model = await ensureModel(server, { threads: 'default' });
  const sections: string[] = [];
  let missed = 0;
  let offset = 0;
  for (const workers of [1, 4]) {
    const measured = await measure(model, rows.slice(offset, offset + wanted), workers);
    offset += wanted;
    const table = render(measured, workers);
    console.log(table.text);
    sections.push(table.text);
    missed += table.missed;
  }
  const command = `\`npx tsx bench/prompt-strategies.ts --rows ${wanted}\``;
  writeSection(
    'prompt-strategies',
    `## Prompt strategies\n\nSmolLM2-135M-Instruct (Q4_1) on Ollama 0.12.11, on a CPU; ${wanted} product sentences for each number of workers, with the labels positive and negative. No prompt contains one of the sentences. ${command}\n\n${sections.join('\n\n')}\n`,
  );
  process.exitCode = missed > 0 ? 1 : 0;
} finally {
  await server.stop();
}

async function measure(model: string, sample: readonly Row[], workers: number): Promise<Map<string, Measured>> {
  const measured = new Map(ways.map((way) => [way, { reviews: 0, right: 0, failed: 0, durationMs: 0, tokens: 0 }]));
  const asked = ollama({ model, host: server.host });
  for (let start = 0; start < sample.length; start += blockSize) {
    const block = sample.slice(start, start + blockSize);
    for (const way of [...ways].sort(() => Math.random() - 0.5)) {
      // Each slot of the server holds the beginning of one prompt: without this the switch of prompts would be measured.
      await ask(asked, way, warmUp(workers), workers);
      const { results, summary } = await ask(asked, way, block, workers);
      const sum = measured.get(way);
      if (!sum) continue;
      sum.reviews += block.length;
      sum.failed += summary.failed;
      sum.durationMs += summary.duration_ms;
      sum.tokens += summary.tokens.completion ?? 0;
      sum.right += results.filter((result, index) => result.sentiment === block[index]?.label).length;
    }
  }
  await asked.close();
  return measured;
}

/** Reviews that no row resembles, one for each worker. */
function warmUp(workers: number): readonly Row[] {
  return Array.from({ length: workers }, (_, number) => ({ text: `Warming up, number ${number}.`, label: 'positive' }));
}

async function ask(model: ReturnType<typeof ollama>, way: string, block: readonly Row[], workers: number) {
  const agent = await createAgent({ model, prompt: await loadPrompt(way), labels });
  return analyzeReviews(
    block.map(({ text }) => ({ text })),
    { agent, workers },
  );
}

function render(measured: ReadonlyMap<string, Measured>, workers: number): { text: string; missed: number } {
  const rate = (way: string) => {
    const sum = measured.get(way);
    return sum ? sum.reviews / (sum.durationMs / 1_000) : Number.NaN;
  };
  const fastest = rate('sentiment-completion');
  const lines = [`### ${workers} worker${workers === 1 ? '' : 's'}`, ''];
  lines.push('| prompt | times slower than completion | reviews/s | accuracy | failed | output tokens per review |');
  lines.push('|---|---|---|---|---|---|');
  for (const [way, sum] of measured) {
    const share = ((sum.right / sum.reviews) * 100).toFixed(0);
    lines.push(
      `| \`${way}\` | ${(fastest / rate(way)).toFixed(1)} | ${rate(way).toFixed(2)} | ${share} % | ${sum.failed} | ${(sum.tokens / sum.reviews).toFixed(1)} |`,
    );
  }
  let missed = 0;
  for (const { slow, atLeast } of targets) {
    const ratio = fastest / rate(slow);
    if (ratio < atLeast) missed += 1;
    lines.push(
      '',
      `\`sentiment-completion\` is ${ratio.toFixed(1)} × as fast as \`${slow}\` (target: at least ${atLeast}).`,
    );
  }
  return { text: lines.join('\n'), missed };
}
