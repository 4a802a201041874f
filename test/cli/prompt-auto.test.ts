import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { newStore, temporaryFolder } from '../harness/cli-process.js';
import { runCli } from '../harness/run-cli.js';
import { type ProbableOllama, startProbableOllama } from './probable-ollama.js';

const folder = temporaryFolder();
const data = join(folder, 'labelled.csv');
const rows = Array.from({ length: 60 }, (_, index) => {
  const isPositive = index % 2 === 1;
  return `review ${index}: ${isPositive ? '0.9' : '0.2'},${isPositive ? 'positive' : 'negative'}`;
});
writeFileSync(data, `text,label\n${rows.join('\n')}\n`);

/** Its completions are right; to a chat it answers positive always. */
let server: ProbableOllama | undefined;
async function host(): Promise<string> {
  server ??= await startProbableOllama();
  return server.host;
}
afterAll(() => server?.close());

const store = newStore();
const common = ['--model', 'small', '--labels', 'positive,negative', '--prompt', 'auto'];

describe('chorale analyze --prompt auto', () => {
  it('takes the prompt that is right most often, says how often each was, and asks nothing twice', async () => {
    const args = ['analyze', data, '--host', await host(), ...common, '--label', 'label', '--json'];
    const end = await runCli(args, { env: store });
    expect(end.code).toBe(0);
    expect(end.stderr).toMatch(/prompt: sentiment-completion: its accuracy is the best of those tried/);
    expect(end.stderr).toMatch(/sentiment-completion: 1\.00 of 40 rows right \(95 % 0\.91–1\.00\)/);
    const summary = JSON.parse(end.stdout);
    expect(summary).toMatchObject({ accuracy: 1, cached: 40, prompt_trial: { chosen: 'sentiment-completion' } });
    expect(summary.warnings).toEqual([]);

    const asked = server?.asked;
    const again = await runCli(args, { env: store });
    expect(again.stderr).toMatch(/prompt: sentiment-completion, as chosen before/);
    expect(again.stderr).toMatch(/60 of 60 reviews are answered/);
    expect(JSON.parse(again.stdout)).toMatchObject({ run_id: summary.run_id, cached: 60 });
    expect(server?.asked).toBe(asked);
  });

  it('without gold labels, and from stdin, says that no accuracy was measured, and loses no row', async () => {
    const args = ['analyze', '-', '--format', 'csv', '--host', await host(), ...common, '--json'];
    const { code, stdout, stderr } = await runCli(args, { stdin: readFileSync(data) });
    expect(code).toBe(0);
    expect(stderr).toMatch(/warning: the prompt .* was chosen without gold labels: .* no measurement of accuracy/);
    const summary = JSON.parse(stdout);
    expect(summary).toMatchObject({ items: 60, succeeded: 60 });
    expect(summary.prompt_trial).toMatchObject({ labelled: false, rows: 40 });
    expect(summary.warnings.join()).toMatch(/chosen without gold labels/);
  });

  it('shows with --dry-run which prompts it would try, and asks no model', async () => {
    const { code, stdout } = await runCli(['analyze', data, ...common, '--dry-run', '--json']);
    expect(code).toBe(0);
    const { prompt, prompts_to_try: tried } = JSON.parse(stdout);
    expect(prompt).toBe('auto');
    expect(tried).toEqual(['sentiment-completion', 'sentiment', 'sentiment-json', 'sentiment-free']);
  });

  it.each([
    ['a provider that reads no prompt', ['analyze', data, '--provider', 'lexicon', '--prompt', 'auto']],
    ['a calibration', ['analyze', '--calibrate', data, '--label', 'label', '--prompt', 'auto']],
    ['an experiment', ['experiment', '--data', data, '--label', 'label', '--prompt', 'auto']],
  ])('is refused for %s', async (_, args) => {
    const { code, stderr } = await runCli(args);
    expect(code).toBe(2);
    expect(stderr).toMatch(/^error: .*auto.*\[CHORALE_USAGE\]\n$/);
  });
});

describe('chorale analyze with gold labels and the default prompt', () => {
  const args = async () => ['analyze', data, '--host', await host(), '--model', 'small', '--label', 'label', '--json'];
  const labels = ['--labels', 'positive,negative'];

  it('names another prompt that does better on rows of the run, also when the run is shown again', async () => {
    const own = newStore();
    const end = await runCli([...(await args()), ...labels], { env: own });
    expect(end.code).toBe(0);
    expect(end.stderr).toMatch(
      /warning: --prompt sentiment-completion does better on these data: 1\.00 of 60 rows right .* had 0\.50 right there/,
    );
    const summary = JSON.parse(end.stdout);
    expect(summary.prompt_check.prompts[0]).toMatchObject({ prompt: 'sentiment-completion', accuracy: { value: 1 } });

    const asked = server?.asked;
    const again = await runCli([...(await args()), ...labels], { env: own });
    expect(JSON.parse(again.stdout).warnings).toEqual(summary.warnings);
    expect(server?.asked).toBe(asked);
  });

  it.each([['--no-prompt-check'], ['--quiet'], ['--prompt', 'sentiment']])(
    'asks nothing beyond its rows with %s',
    async (...choice) => {
      await host();
      const before = server?.asked ?? 0;
      const { code, stdout } = await runCli([
        ...(await args()),
        ...labels,
        ...choice.filter((word) => word !== undefined),
      ]);
      expect(code).toBe(0);
      expect((server?.asked ?? 0) - before).toBe(60);
      expect(JSON.parse(stdout).prompt_check).toBeUndefined();
    },
  );
});

describe('chorale doctor with a data set', () => {
  const args = async () => ['doctor', data, '--host', await host(), '--model', 'small', '--probe', '100ms'];
  const labels = ['--labels', 'positive,negative'];

  it('tries the prompts on its rows, and prints the command with the one that suits best', async () => {
    const end = await runCli([...(await args()), ...labels, '--label', 'label', '--quiet']);
    expect(end.code).toBe(0);
    expect(end.stdout).toMatch(/\* sentiment-completion +│ 1\.00 \(0\.91–1\.00\) +│ 40 of 40/);
    expect(end.stdout).toMatch(/sentiment-completion suits best: its accuracy is the best of those tried\./);
    const command = `analyze ${data} --host ${await host()} --model small --labels positive,negative --label label`;
    expect(end.stdout).toContain(`${command} --prompt sentiment-completion --out results.csv`);
  });

  it('gives the same as JSON, without gold labels as no measurement of accuracy', async () => {
    const { code, stdout } = await runCli([...(await args()), ...labels, '--json', '--quiet']);
    expect(code).toBe(0);
    const [{ prompt_trial: trial }] = JSON.parse(stdout);
    expect(trial).toMatchObject({ rows: 40, labelled: false });
    expect(trial.because).toMatch(/no measurement of accuracy/);
  });

  it('tries nothing with --quick, and takes no label column without a data set', async () => {
    const quick = await runCli([...(await args()), '--quick', '--json', '--quiet']);
    expect(JSON.parse(quick.stdout)[0].prompt_trial).toBeNull();
    const none = await runCli(['doctor', '--label', 'label']);
    expect(none.code).toBe(2);
  });
});
