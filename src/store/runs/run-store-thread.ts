// The thread of a run store: it has the file open, and answers one call after the other.

import { parentPort, workerData } from 'node:worker_threads';
import { heartbeatMs, isAlive, thisProcess } from '../../foundation/process-identity.js';
import { RunDatabase } from './run-database.js';
import {
  encodeFailure,
  type ThreadAnswer,
  type ThreadCalls,
  type ThreadOptions,
  type ThreadRequest,
} from './thread-protocol.js';

const options: ThreadOptions = workerData;
let database: RunDatabase | undefined;

function opened(): RunDatabase {
  database ??= new RunDatabase(options, { now: () => Date.now(), identity: thisProcess, isAlive });
  return database;
}

const calls: ThreadCalls = {
  open: () => void opened(),
  scanOf: (digest) => opened().scanOf(digest),
  begin: (run) => opened().begin(run),
  write: (batch) => opened().write(batch),
  lookUp: (lookups) => opened().lookUp(lookups),
  pause: (summary) => opened().pause(summary),
  end: (status, summary) => opened().end(status, summary),
  close() {
    database?.close();
    database = undefined;
    clearInterval(heartbeat);
  },
};

const heartbeat = setInterval(() => {
  try {
    database?.beat();
  } catch {
    // The next call that writes says what is wrong.
  }
}, heartbeatMs);

function answer({ id, name, values }: ThreadRequest): ThreadAnswer {
  try {
    const call: (...values: readonly never[]) => unknown = calls[name];
    return { id, value: call(...(values as readonly never[])) };
  } catch (error) {
    return { id, failure: encodeFailure(error) };
  }
}

parentPort?.on('message', (request: ThreadRequest) => {
  const result = answer(request);
  parentPort?.postMessage(result);
  if (request.name === 'close') parentPort?.close();
});
