import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe } from 'vitest';
import { ensureModel, startOllama } from '../../scripts/ollama-server.js';
import { reach } from '../durability/killed-runs/moments.js';
import { type RunningCli, startCliProcess } from '../harness/cli-process.js';
import { type CountingProxy, startCountingProxy } from './counting-proxy.js';
import { liveTest, missing } from './live-test.js';

const folder = mkdtempSync(join(tmpdir(), 'chorale-live-kills-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const sentences = fileURLToPath(new URL('../../../shared/data/product-sentences-binary.csv', import.meta.url));
const rows = 120;
const workers = 4;

/** Outcomes that may wait for their commit. */
const mostWaiting = 64;

/** The store's 200 ms, and time for the commit itself on a busy machine. */
const mostWaitingMs = 700;

function start(name: string, host: string, model: string): RunningCli {
  const task = ['--prompt', 'sentiment-completion', '--labels', 'positive,negative', '--text', 'text'];
  const server = ['--host', host, '--model', model, '--workers', String(workers)];
  const places = ['--store', join(folder, `${name}.db`), '--out', join(folder, `${name}.jsonl`)];
  return startCliProcess(['analyze', sentences, '--limit', String(rows), ...task, ...server, ...places]);
}

function resultsOf(name: string): { readonly index: number; readonly status: string; readonly sentiment: string }[] {
  const lines = readFileSync(join(folder, `${name}.jsonl`), 'utf8')
    .trimEnd()
    .split('\n');
  return lines.map((line) => JSON.parse(line));
}

function textsOf(name: string): string[] {
  const lines = readFileSync(join(folder, `${name}.jsonl`), 'utf8')
    .trimEnd()
    .split('\n');
  return lines.map((line) => JSON.parse(line).input.text);
}

/** Kills a run after so many of its questions; returns the answers that came shortly before. */
async function kill(running: RunningCli, questions: number, proxy: CountingProxy): Promise<number> {
  await reach({ questions, ms: 0 }, proxy, running.ended);
  running.child.kill('SIGKILL');
  const killedAt = performance.now();
  const { signal, stderr } = await running.ended;
  if (signal !== 'SIGKILL') throw new Error(`the run ended before it was killed: ${stderr}`);
  return proxy.answers.filter(({ at }) => at > killedAt - mostWaitingMs).length;
}

describe('a run on a real server', () => {
  liveTest(
    'that is killed twice asks little again, and gives the answers that it got',
    async ({ expect, skip, annotate }) => {
      if (!existsSync(sentences)) return missing('../shared/data/product-sentences-binary.csv is not there', skip);
      const server = await startOllama({ numParallel: workers });
      const proxy = await startCountingProxy(server.host);
      try {
        const model = await ensureModel(server);
        const logged = () => readFileSync(server.logPath, 'utf8').match(/POST\s+"\/api\/generate"/g)?.length ?? 0;
        const loggedBefore = logged();
        let shortlyBefore = await kill(start('killed', proxy.host, model), 45, proxy);
        shortlyBefore += await kill(start('killed', proxy.host, model), 45, proxy);
        const end = await start('killed', proxy.host, model).ended;
        expect(end.code, end.stderr).toBe(0);

        const results = resultsOf('killed');
        const texts = textsOf('killed');
        expect(results.map(({ index, status }) => [index, status])).toEqual(
          Array.from({ length: rows }, (_, index) => [index, 'ok']),
        );
        // Of two answers to a text the first was lost with the process.
        const said = new Map(proxy.answers.map(({ text, label }) => [text, label]));
        expect(results.map(({ sentiment }) => sentiment)).toEqual(texts.map((text) => said.get(text)));

        const distinct = new Set(texts).size;
        await annotate(`${proxy.asked} questions about ${distinct} texts of ${rows} rows, killed twice`);
        expect(proxy.asked).toBeGreaterThanOrEqual(distinct);
        expect(proxy.asked).toBeLessThanOrEqual(rows + 2 * (workers + mostWaiting));
        // What was being asked, and what came in the time that an answer may wait for its commit.
        expect(proxy.asked).toBeLessThanOrEqual(distinct + 2 * workers + shortlyBefore);
        // The server may never have heard of what was under way when the process was killed.
        const heard = () => logged() - loggedBefore;
        await expect.poll(heard, { timeout: 20_000 }).toBeGreaterThanOrEqual(proxy.requests - 2 * workers);
        expect(heard()).toBeLessThanOrEqual(proxy.requests);

        const whole = await start('whole', server.host, model).ended;
        expect(whole.code, whole.stderr).toBe(0);
        const others = resultsOf('whole').filter(({ sentiment }, index) => sentiment !== results[index]?.sentiment);
        // A server that works on several questions at once adds in another order, and so may waver on a text or two.
        expect(others.length, 'labels that differ from those of an uninterrupted run').toBeLessThanOrEqual(rows * 0.02);
      } finally {
        await proxy.close();
        await server.stop();
      }
    },
  );
});
