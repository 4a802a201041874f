import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe } from 'vitest';
import { runCliProcess } from '../harness/cli-process.js';
import { liveTest, missing } from './live-test.js';

const folder = mkdtempSync(join(tmpdir(), 'chorale-live-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const clothing = fileURLToPath(new URL('../../../shared/data/clothing-reviews.csv', import.meta.url));

const front = `---
labels: [positive, negative]
mode: completion
config:
  maxOutputTokens: 1
  stopSequences: ["\\n"]
---
Reviews of clothes and their sentiment (positive or negative).
`;

const textOnly = `${front}
Review: Fits perfectly, and I wear it every day.
Sentiment: positive

Review: It came apart after one wash, so it went back.
Sentiment: negative

Review: {{review}}
Sentiment:
`;

const withColumns = `${front}
Title: My new favourite
Stars: 5 of 5
Review: Fits perfectly, and I wear it every day.
Sentiment: positive

Title: Not again
Stars: 1 of 5
Review: It came apart after one wash, so it went back.
Sentiment: negative

Title: {{title}}
Stars: {{stars}} of 5
Review: {{review}}
Sentiment:
`;

describe('columns on a real server', () => {
  liveTest('a prompt with title and stars is compared with one of the text', async ({ ollama, expect, skip }) => {
    if (!existsSync(clothing)) return missing('../shared/data/clothing-reviews.csv is not there', skip);
    const [plain, columns] = ['plain.prompt', 'columns.prompt'].map((name) => join(folder, name));
    writeFileSync(plain ?? '', textOnly);
    writeFileSync(columns ?? '', withColumns);
    const data = ['--data', clothing, '--text', 'Review Text', '--limit', '2000', '--sample', '40', '--seed', '1'];
    const gold = ['--label', 'Recommended IND', '--map', '1=positive,0=negative', '--var', 'stars=Rating'];
    const prompts = [plain ?? '', columns ?? ''].flatMap((file) => ['--prompt', file]);
    const asked = ['--host', ollama.host, '--model', ollama.model, '--store', join(folder, 'runs.db'), '--json'];
    const end = await runCliProcess(['experiment', ...data, ...gold, ...prompts, ...asked]);
    expect(end.code, end.stderr).toBe(0);
    const { variants, pairs } = JSON.parse(end.stdout);
    const names = variants.map(({ prompt }: { prompt: string }) => prompt);
    expect(names).toEqual([expect.stringMatching(/^plain@/), expect.stringMatching(/^columns@/)]);
    for (const { answered, accuracy } of variants) {
      expect(answered).toBeGreaterThanOrEqual(35);
      expect(accuracy).toMatchObject({
        value: expect.any(Number),
        lower: expect.any(Number),
        upper: expect.any(Number),
      });
    }
    expect(pairs[0].sentence).toMatch(/points|no difference/);
  });

  liveTest('a column that is not there is told before any request', async ({ ollama, expect, skip }) => {
    if (!existsSync(clothing)) return missing('../shared/data/clothing-reviews.csv is not there', skip);
    const prompt = join(folder, 'typo.prompt');
    writeFileSync(prompt, withColumns.replace('{{title}}', '{{titel}}').replace('{{stars}}', '{{rating}}'));
    const args = ['analyze', clothing, '--prompt', prompt, '--host', ollama.host, '--model', ollama.model];
    const { code, stderr } = await runCliProcess(args);
    expect(stderr).toContain('names {{titel}} (did you mean {{title}}?)');
    expect(code).toBe(2);
  });
});
