// Databases in files.

export { libsqlCheckpoints } from './libsql/libsql-checkpoints.js';
export { type LibsqlStoreOptions, libsqlStore } from './libsql/libsql-store.js';
export { type Database, openDatabase } from './libsql/open-database.js';
export { libsqlWorkflows } from './libsql/workflow-runs.js';
export { memoryStore } from './memory/memory-store.js';
export { memoryWorkflows } from './memory/workflow-runs.js';
export type { Store } from './store.js';
