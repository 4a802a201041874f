import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadPrompt } from '../../../src/classify/prompt/prompt-file.js';
import { newStore, temporaryFolder } from '../../harness/cli-process.js';
import { runCli, startCli } from '../../harness/run-cli.js';
import { startFakeServer } from '../fake-server.js';

const folder = temporaryFolder();

function file(name: string, content: string): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

const texts = Array.from({ length: 48 }, (_, index) => `I ${index % 2 === 0 ? 'love' : 'hate'} it, number ${index}`);
const rows = texts.map((text) => `"${text}",${text.includes('love') ? 'positive' : 'negative'}`);
const data = file('data.csv', `text,label\n${rows.join('\n')}\n`);
const zero = file(
  'zero.prompt',
  '---\nlabels: [positive, negative]\noutput: {format: enum}\n---\n{{role "system"}}\nSay {{labelList}}.\n{{role "user"}}\nReview: {{review}}\n',
);
const labelled = ['--data', data, '--label', 'label', '--prompt', zero, '--model', 'tiny'];
const few = ['--search', 'few-shot', '--examples', '2', '--restarts', '4'];

/** Understands reviews only where it was shown some; else all is positive. */
function answer(question: string): string {
  const shown = question.match(/(?:love|hate) it, number \d+/g) ?? [];
  return shown.length < 2 || shown.at(-1)?.startsWith('love') ? '"positive"' : '"negative"';
}

describe('chorale experiment --search few-shot', () => {
  it('writes a better prompt, says so, and the prompt can be used at once', async () => {
    const server = await startFakeServer({ answer });
    const [out, env] = [join(folder, 'better.prompt'), newStore()];
    const args = ['experiment', ...labelled, ...few, '--host', server.host, '--out-prompt', out];
    const end = await runCli(args, { env });
    expect(end.code).toBe(0);
    expect(end.stdout).toMatch(/better than zero: draw \d · (?:turns|block) beats zero by .* after correction/);
    expect(end.stdout).toMatch(/compared on the \d+ rows of the validation half, 4 prompts, each once/);
    const prompt = await loadPrompt(out);
    expect(prompt.examples).toHaveLength(4);
    expect(end.stdout).toContain(`written: better@${prompt.hash}`);

    const before = server.answered;
    const again = await runCli([...args, '--json'], { env });
    expect(server.answered).toBe(before);
    const { looks, winner, rows: used } = JSON.parse(again.stdout);
    expect({ looks, winner }).toMatchObject({ looks: 4, winner: { better: true, significant: true } });
    const use = [
      '--prompt',
      out,
      '--model',
      'tiny',
      '--host',
      server.host,
      '--split',
      'validation',
      '--no-repeat-sample',
    ];
    const compare = await runCli(['experiment', '--data', data, '--label', 'label', ...use, '--json'], { env });
    expect(JSON.parse(compare.stdout).variants[0]).toMatchObject({ accuracy: { value: 1 }, rows: used.validation });
    expect(server.answered).toBe(before);
    await server.stop();
  });

  it('says so where no examples help, and writes the prompt all the same', async () => {
    const server = await startFakeServer({ answer: () => '"positive"' });
    const out = join(folder, 'same.prompt');
    const end = await runCli(['experiment', ...labelled, ...few, '--host', server.host, '--out-prompt', out]);
    await server.stop();
    expect(end.code).toBe(0);
    expect(end.stdout).toMatch(/not better than zero, in 3 tries: .*no difference can be claimed/);
    expect(existsSync(out)).toBe(true);
  });

  it('ends with 5 where reviews of the validation half fail, which count as wrong', async () => {
    const server = await startFakeServer({
      answer: (question) => (question.includes('hate it, number 7') ? '"?"' : answer(question)),
    });
    const out = join(folder, 'failing.prompt');
    const args = [...labelled, ...few, '--retries', '0', '--host', server.host, '--out-prompt', out];
    const end = await runCli(['experiment', ...args]);
    await server.stop();
    expect([end.code, end.stderr]).toEqual([5, expect.stringContaining('failed and count as wrong')]);
    expect(existsSync(out)).toBe(true);
  });

  it('is stopped by Ctrl-C with nothing written, and the same command goes on', async () => {
    const server = await startFakeServer({ answer, latencyMs: 3 });
    const [out, env] = [join(folder, 'later.prompt'), newStore()];
    const args = ['experiment', ...labelled, ...few, '--host', server.host, '--out-prompt', out, '--workers', '2'];
    const run = startCli(args, { env });
    server.onAnswer = (answered) => {
      if (answered === 30) run.signal('SIGINT');
    };
    const { code } = await run.ended;
    expect(code).toBe(130);
    expect(existsSync(out)).toBe(false);
    server.onAnswer = () => {};
    const before = server.answered;
    const end = await runCli([...args, '--json'], { env });
    await server.stop();
    expect(end.code).toBe(0);
    const { rows: used, candidates, looks } = JSON.parse(end.stdout);
    const questions = used.scored * candidates.length + used.validation * looks;
    expect(server.answered).toBeLessThanOrEqual(questions + 2);
    expect(server.answered - before).toBeLessThanOrEqual(questions - 28);
    expect(readFileSync(out, 'utf8')).toContain('examples:');
  });

  it('shows what it would ask with --dry-run', async () => {
    const out = join(folder, 'dry.prompt');
    const end = await runCli(['experiment', ...labelled, ...few, '--out-prompt', out, '--dry-run', '--json']);
    expect(end.code).toBe(0);
    const { scored, validation, candidates, finalists, questions } = JSON.parse(end.stdout);
    expect({ candidates, finalists }).toEqual({ candidates: 4, finalists: 3 });
    expect(questions).toBe(5 * scored + 4 * validation);
  });

  it('refuses what does not fit, in one line and with exit code 2', async () => {
    const out = ['--out-prompt', join(folder, 'x.prompt')];
    const cases: [readonly string[], string][] = [
      [[...labelled, ...few], 'where to write the new prompt? say it with --out-prompt FILE'],
      [[...labelled, ...few, '--out-prompt', 'x.txt'], '--out-prompt must end with .prompt'],
      [[...labelled, ...few, ...out, '--prompt', 'sentiment'], '--search takes one --prompt'],
      [[...labelled, ...few, ...out, '--model', 'other'], '--search takes one --model'],
      [[...labelled, ...few, ...out, '--option', 'temperature=0,1'], '--search takes one value of each --option'],
      [[...labelled, ...few, ...out, '--assert', 'accuracy>=0.5'], '--assert is not for --search'],
      [[...labelled, '--examples', '3'], '--examples is for --search few-shot'],
      [[...labelled, ...few.slice(0, 2), ...out, '--examples', '0'], 'whole number of at least 1'],
      [[...labelled, '--search', 'genetic'], 'few-shot'],
      [[...labelled, ...few.slice(0, 2), '--examples', '90', ...out], 'texts to choose 90 examples of'],
      [[...labelled.slice(0, -2), ...few, ...out, '--provider', 'lexicon'], 'the lexicon reads none'],
      [[...labelled, ...few, '--out-prompt', zero], 'would replace'],
    ];
    for (const [args, problem] of cases) {
      const end = await runCli(['experiment', ...args]);
      expect([end.code, end.stderr]).toEqual([2, expect.stringContaining(problem)]);
    }
  });
});
