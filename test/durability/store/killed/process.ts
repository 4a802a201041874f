/** One life: `<graph|workflow|map> <database> <log> <write> <before|after>`. Ends like a lost machine at that write, if any. */
import { type DriverWrite, type Moment, watchWrites } from './driver-writes.js';
import { goOnWithGraph } from './graph.js';
import { goOnWithMap } from './map.js';
import { goOnWithWorkflow } from './workflow.js';

const [kind = '', path = '', log = '', fatal = '', at = ''] = process.argv.slice(2);
const writes: DriverWrite[] = [];

watchWrites((write: DriverWrite, moment: Moment) => {
  if (moment === 'before') writes.push(write);
  if (writes.length === Number(fatal) && moment === at) process.kill(process.pid, 'SIGKILL');
});

const goOnWith = { graph: goOnWithGraph, workflow: goOnWithWorkflow, map: goOnWithMap }[kind];
await goOnWith?.(path, log);
process.stdout.write(JSON.stringify(writes));
