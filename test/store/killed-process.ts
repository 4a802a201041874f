import { openDatabase } from '../../src/store/index.js';
import { beginning, killedGraph, watched } from './killed-graph.js';

/** Runs the graph, or goes on with it, and kills itself at one write: just before its commit, or just after. */
const [path = '', log = '', killAt = '', moment = '', runId] = process.argv.slice(2);

const database = watched(openDatabase(path), (write, committed) => {
  if (write === Number(killAt) && committed === (moment === 'after')) process.kill(process.pid, 'SIGKILL');
});
const graph = killedGraph(database, log);
await (runId ? graph.resume(runId, { takeOver: true }) : graph.run(beginning));
