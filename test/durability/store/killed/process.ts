/** One life: `<kind> <database> <log> <write> <before|after|soon>`. Ends like a lost machine at that write, if any. */
import { writeSync } from 'node:fs';
import { type DriverWrite, type Moment, watchWrites } from './driver-writes.js';
import { goOnWithGraph } from './graph.js';
import { type KilledKind, killMe } from './lives.js';
import { goOnWithMap } from './map.js';
import { goOnWithNestedGraph } from './nested-graph.js';
import { goOnWithPausedGraph } from './paused-graph.js';
import { goOnWithPausedWorkflow } from './paused-workflow.js';
import { goOnWithWorkflow } from './workflow.js';

const programs: Readonly<Record<KilledKind, (path: string, log: string) => Promise<unknown>>> = {
  graph: goOnWithGraph,
  workflow: goOnWithWorkflow,
  map: goOnWithMap,
  'paused-workflow': goOnWithPausedWorkflow,
  'paused-graph': goOnWithPausedGraph,
  'nested-graph': goOnWithNestedGraph,
};

const [kind = '', path = '', log = '', fatal = '', at = ''] = process.argv.slice(2);
const writes: DriverWrite[] = [];

watchWrites((write: DriverWrite, moment: Moment) => {
  if (moment === 'before') writes.push(write);
  if (writes.length !== Number(fatal)) return;
  if (moment === at) process.kill(process.pid, 'SIGKILL');
  if (at === 'soon' && moment === 'before') writeSync(1, killMe);
});

await programs[kind as KilledKind](path, log);
process.stdout.write(JSON.stringify(writes));
