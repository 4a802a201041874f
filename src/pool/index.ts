export type { PoolOptions } from './check-members.js';
export { createPool, type Pool } from './pool.js';
export type { PoolMember } from './pool-host.js';
