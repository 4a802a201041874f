export { createPool, type Pool, type PoolOptions } from './pool.js';
export type { PoolMember } from './pool-host.js';
