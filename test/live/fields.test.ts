import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe } from 'vitest';
import { createFieldsValidator } from '../../src/classify/fields/validate-fields.js';
import { loadPrompt } from '../../src/classify/prompt/prompt-file.js';
import { runCliProcess } from '../harness/cli-process.js';
import { root } from '../readme-commands.js';
import { liveTest, missing } from './live-test.js';

const folder = mkdtempSync(join(tmpdir(), 'chorale-live-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const clothing = fileURLToPath(new URL('../../../shared/data/clothing-reviews.csv', import.meta.url));

const threeFields = `---
output:
  fields:
    sentiment: { type: enum, values: [positive, neutral, negative], label: true }
    recommends: { type: boolean, description: whether the customer would buy it again }
    stars: { type: integer, minimum: 1, maximum: 5 }
  probabilities: false
examples:
  - text: Broke on the second day.
    fields: { sentiment: negative, recommends: false, stars: 1 }
  - text: It is a grey coat, and it is warm.
    fields: { sentiment: neutral, recommends: false, stars: 3 }
  - text: Fits perfectly, and my daughter loves it.
    fields: { sentiment: positive, recommends: true, stars: 5 }
---
{{role "system"}}
You read reviews of clothes. Answer with one JSON object of these fields:
{{fieldList}}
{{#each examples}}

Review: {{text}}
Answer: {{answerJson}}
{{/each}}
{{role "user"}}
Review: {{review}}
Answer:
`;

/** Every row is an answer whose fields are valid, or a failure with its reason. @returns the number of answers */
async function checkRows(out: string, prompt: string, expect: typeof import('vitest').expect): Promise<number> {
  const { output } = await loadPrompt(prompt);
  const fields = output.fields ?? [];
  const check = createFieldsValidator(fields);
  const rows = readFileSync(out, 'utf8').split('\n').filter(Boolean);
  for (const text of rows) {
    const row = JSON.parse(text);
    if (row.status === 'ok') {
      const values = Object.fromEntries(fields.map(({ name }) => [name, row[name]]));
      expect(check(values)).toEqual({ fields: values });
    } else if (row.status !== 'skipped') {
      expect(row.error_code).toMatch(/^CHORALE_ANSWER_(?:INVALID|TRUNCATED)$/);
      expect(row.error).not.toBe('');
    }
  }
  return rows.filter((text) => JSON.parse(text).status === 'ok').length;
}

describe('fields on a real server', () => {
  liveTest('three fields of 60 clothing reviews are valid, or fail with a reason', async ({ ollama, expect, skip }) => {
    if (!existsSync(clothing)) return missing('../shared/data/clothing-reviews.csv is not there', skip);
    const prompt = join(folder, 'three.prompt');
    writeFileSync(prompt, threeFields);
    const out = join(folder, 'three.jsonl');
    const input = [clothing, '--text', 'Review Text', '--sample', '60', '--seed', '1'];
    const server = ['--model', ollama.model, '--host', ollama.host, '--prompt', prompt];
    const end = await runCliProcess(['analyze', ...input, ...server, '--json', '--out', out]);
    expect([0, 5], end.stderr).toContain(end.code);
    const summary = JSON.parse(end.stdout);
    const answered = await checkRows(out, prompt, expect);
    expect(summary).toMatchObject({ items: 60, succeeded: answered });
    expect(answered + summary.skipped).toBeGreaterThanOrEqual(57);
  });

  liveTest('the prompts with fields that come with chorale have valid answers', async ({ ollama, expect }) => {
    for (const [prompt, data, limit] of [
      ['aspects', 'reviews.csv', '6'],
      ['triage', 'tickets.csv', '16'],
    ] as const) {
      const out = join(folder, `${prompt}.jsonl`);
      const server = ['--model', ollama.model, '--host', ollama.host, '--prompt', prompt, '--limit', limit];
      const end = await runCliProcess(['analyze', `${root}examples/${data}`, ...server, '--json', '--out', out]);
      expect(end.code, end.stderr).toBe(0);
      expect(await checkRows(out, prompt, expect)).toBe(Number(limit));
    }
  });
});
