import { createPool } from '../../../src/model/pool/pool.js';
import type { PoolOptions } from '../../../src/model/pool/pool-options.js';
import type { Limiter } from '../../../src/orchestration/parallel/limiter.js';
import {
  createManualClock,
  createRecordingObserver,
  createScriptedModel,
  type Script,
  type ScriptedModelOptions,
} from '../../../src/testing/index.js';

/** A host of a test: what it says, and what `prepare` does there. */
export interface ScriptedHost {
  readonly script?: Script;
  readonly onPrepare?: NonNullable<ScriptedModelOptions['onPrepare']>;
  readonly limiter?: Limiter;
}

/** A call that nobody aborts. */
export const call = { signal: new AbortController().signal };

/** A pool of `http://a`, `http://b`, … over scripts, on a clock that stands still. */
export function poolOver(hosts: readonly ScriptedHost[], options: Partial<PoolOptions> = {}) {
  const clock = createManualClock({ random: () => 0.5 });
  const observer = createRecordingObserver();
  const models = hosts.map(({ script = () => 'positive', onPrepare }) =>
    createScriptedModel(script, { clock, ...(onPrepare ? { onPrepare } : {}) }),
  );
  const upstreams = models.map((model, index) => ({ server: nameOf(index), model, limiter: hosts[index]?.limiter }));
  const pool = createPool({ upstreams, runtime: clock, observer, ...options });
  return { pool, models, clock, observer };
}

export function nameOf(index: number): string {
  return `http://${'abcdefgh'[index]}`;
}

/** How a promise ended, without throwing; `pending` before. */
export function watch<T>(promise: Promise<T>) {
  const watched: { state: 'pending' | 'resolved' | 'rejected'; value?: T; error?: unknown } = { state: 'pending' };
  promise.then(
    (value) => Object.assign(watched, { state: 'resolved', value }),
    (error: unknown) => Object.assign(watched, { state: 'rejected', error }),
  );
  return watched;
}
