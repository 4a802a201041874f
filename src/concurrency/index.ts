export { deadline, linkAbort } from './abort.js';
export { createAbortController } from './abort-controller.js';
export type { Gate } from './gate.js';
export type { Host } from './host.js';
export type { LimitChange, Limiter, LimiterSample } from './limiter.js';
export { nodeHost } from './node-host.js';
export { defaultRetryPolicy, type RetryNotice, type RetryPolicy, retry } from './retry.js';
export { seededRandom } from './seeded-random.js';
export { sleep } from './sleep.js';
