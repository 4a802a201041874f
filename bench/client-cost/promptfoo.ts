import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { cacheFolder } from '../../scripts/ollama-installation.js';
import { type MeasuredRun, measure } from './measured-run.js';

const packages = ['promptfoo@0.123.1', 'node@24'];
const installMs = 600_000;

/** promptfoo with a Node that it runs on, in a folder of the user's cache. @returns undefined where it cannot be had */
export function findPromptfoo(install: boolean): { readonly node: string; readonly program: string } | undefined {
  const folder = join(cacheFolder(), 'promptfoo');
  const node = join(folder, 'node_modules/node/bin/node');
  const program = join(folder, 'node_modules/promptfoo/dist/src/entrypoint.js');
  if (!existsSync(program) && install) {
    const args = ['install', '--prefix', folder, '--no-audit', '--no-fund', ...packages];
    execFileSync('npm', args, { stdio: ['ignore', 'ignore', 'inherit'], timeout: installMs });
  }
  return existsSync(program) && existsSync(node) ? { node, program } : undefined;
}

export interface PromptfooTask {
  readonly folder: string;
  /** CSV with the columns `id` and `text`. */
  readonly input: string;
  readonly host: string;
  readonly model: string;
  readonly workers: number;
  /** The messages of a request; `{{text}}` stands for the review. */
  readonly messages: readonly { readonly role: string; readonly content: string }[];
  readonly timeoutMs: number;
}

/** Runs `promptfoo eval` over the rows. */
export async function runPromptfoo(
  { node, program }: { readonly node: string; readonly program: string },
  task: PromptfooTask,
): Promise<MeasuredRun> {
  const { folder, input, host, model, workers, messages, timeoutMs } = task;
  const home = join(folder, 'promptfoo-home');
  await mkdir(home, { recursive: true });
  const output = join(folder, 'promptfoo.csv');
  const options = { temperature: 0, seed: 42, num_ctx: 4096, num_predict: 12 };
  const format = { type: 'string', enum: ['positive', 'neutral', 'negative'] };
  const config = {
    prompts: [`file://${join(folder, 'promptfoo.json')}`],
    providers: [{ id: `ollama:chat:${model}`, config: { ...options, format } }],
    tests: `file://${input}`,
  };
  await writeFile(join(folder, 'promptfoo.json'), JSON.stringify(messages));
  await writeFile(join(folder, 'promptfooconfig.json'), JSON.stringify(config));
  const flags = ['--no-cache', '--no-table', '--no-progress-bar', '--no-share', '-j', String(workers), '-o', output];
  const run = await measure({
    node,
    args: [program, 'eval', '-c', join(folder, 'promptfooconfig.json'), ...flags],
    cwd: folder,
    env: {
      OLLAMA_BASE_URL: host,
      PROMPTFOO_CONFIG_DIR: home,
      PROMPTFOO_DISABLE_TELEMETRY: '1',
      PROMPTFOO_DISABLE_UPDATE: '1',
      PROMPTFOO_DISABLE_REMOTE_GENERATION: '1',
    },
    timeoutMs,
  });
  const answered = (await readFile(output, 'utf8')).match(/"?(?:positive|neutral|negative)/g)?.length ?? 0;
  if (answered === 0) throw new Error('promptfoo has no answers');
  return run;
}
