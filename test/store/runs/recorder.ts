import { spawn } from 'node:child_process';
import { newRun } from './outcomes.js';

/** A process of its own that records rows, and says after each flush how many are lasting. */
export function startRecorder(path: string, runId: string, digest: string, rows: number) {
  const store = new URL('../../../dist/store/index.js', import.meta.url).href;
  const program = `
    import { openRunStore } from ${JSON.stringify(store)};
    const store = await openRunStore({ path: ${JSON.stringify(path)} });
    await store.begin({ ...${JSON.stringify(newRun(runId))}, input: { names: ['x'], digest: '${digest}', scan: null, choice: '' } });
    const outcome = ${JSON.stringify({ index: 0, id: '', expected: null, status: 'ok', errorCode: null, error: null })};
    for (let position = 0; position < ${rows}; position += 1) {
      const prediction = { label: 'positive', confidence: null, labelShares: null, rationale: null, promptTokens: null,
        completionTokens: null, queueMs: null, isLong: false, furtherRequests: 0 };
      await store.record({ ...outcome, position, key: '${digest}' + position, prediction, attempts: 1, durationMs: 1, cached: false });
      if (position % 10 === 9) { await store.flush(); process.stdout.write(position + 1 + '\\n'); }
    }
    await store.end('done', {});
    await store.close();`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let lasting = 0;
  const listeners: ((lasting: number) => void)[] = [];
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    lasting = Number(text.trimEnd().split('\n').at(-1));
    for (const listener of listeners) listener(lasting);
  });
  const closed = new Promise<number | null>((resolve) => child.once('close', (code) => resolve(code)));
  const kill = () => child.kill('SIGKILL');
  return {
    pid: child.pid,
    closed,
    kill,
    lasting: () => lasting,
    onLasting: (listener: (count: number) => void) => listeners.push(listener),
  };
}
