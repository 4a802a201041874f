// Databases in files.

export { libsqlCheckpoints } from './libsql/libsql-checkpoints.js';
export { type LibsqlStoreOptions, libsqlStore } from './libsql/libsql-store.js';
export { type Database, openDatabase } from './libsql/open-database.js';
export { createPrivateFolder } from './libsql/store-file.js';
export { libsqlWorkflows } from './libsql/workflow-runs.js';
export { memoryStore } from './memory/memory-store.js';
export { memoryWorkflows } from './memory/workflow-runs.js';
export {
  type MemoryRunStoreOptions,
  type MemoryRuns,
  memoryRunStore,
  memoryRuns,
} from './runs/memory-run-store.js';
export { openRunStore, type RunStoreOptions } from './runs/open-run-store.js';
export {
  type FailureGroup,
  type OutcomePair,
  openRunArchive,
  type RunArchive,
  type RunHeader,
} from './runs/run-archive.js';
export type {
  BegunRun,
  Fingerprint,
  InputScan,
  JsonObject,
  Lookup,
  NewRun,
  OutcomeRecord,
  Recalled,
  RecordedAnswer,
  RunInput,
  RunProgress,
  RunStatus,
  RunStore,
} from './runs/run-store.js';
export { textKey } from './runs/text-key.js';
export { haltStoreThreads } from './runs/thread-client.js';
export type { Store } from './store.js';
