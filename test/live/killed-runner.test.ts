import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describe } from 'vitest';
import { ensureModel, startOllama } from '../../scripts/ollama-server.js';
import type { ReviewResult } from '../../src/analysis/review-result.js';
import { streamReviews } from '../../src/analysis/stream-reviews.js';
import { createAgent } from '../../src/classify/agent.js';
import { loadPrompt } from '../../src/classify/prompt/prompt-file.js';
import { ollama } from '../../src/model/ollama/ollama-model.js';
import { createPool } from '../../src/model/pool/pool.js';
import { liveTest } from './live-test.js';

const items = 200;
const killEveryMs = 5_000;

const reviews = Array.from({ length: items }, (_, index) => ({
  index,
  id: String(index),
  text: `${index % 2 ? 'I like the' : 'I do not like the'} lamp number ${index}.`,
}));

/** Kills the processes that a server has started: the runners of its models. */
async function killRunners(serverPid: number): Promise<number> {
  const { stdout } = await promisify(execFile)('ps', ['-o', 'pid=', '--ppid', String(serverPid)]).catch(() => ({
    stdout: '',
  }));
  const runners = stdout.split('\n').map(Number).filter(Boolean);
  for (const pid of runners) process.kill(pid, 'SIGKILL');
  return runners.length;
}

describe('a real server whose runner is killed every five seconds', () => {
  liveTest(
    'every one of 200 reviews is answered, with the default retries',
    { timeout: 900_000 },
    async ({ expect }) => {
      const server = await startOllama({ numParallel: 4 });
      let kills = 0;
      let timer: NodeJS.Timeout | undefined;
      try {
        const name = await ensureModel(server);
        // As the command line makes it: one host is a pool of one.
        const model = createPool({
          upstreams: [{ server: server.host, model: ollama({ model: name, host: server.host }) }],
        });
        const agent = await createAgent({
          model,
          prompt: await loadPrompt('sentiment-completion'),
          labels: ['positive', 'negative'],
        });
        timer = setInterval(() => void killRunners(server.pid).then((killed) => (kills += killed)), killEveryMs);
        const results: ReviewResult[] = [];
        for await (const { result } of streamReviews(reviews, { agent, workers: 8 }).outcomes) results.push(result);
        clearInterval(timer);
        await model.close();
        expect(results.filter(({ status }) => status !== 'ok').map(({ error }) => error)).toEqual([]);
        expect(results.map(({ index }) => index)).toEqual(reviews.map((_, index) => index));
        expect(kills).toBeGreaterThan(2);
        expect(results.some(({ attempts }) => attempts > 1)).toBe(true);
      } finally {
        clearInterval(timer);
        await server.stop();
      }
    },
  );
});
