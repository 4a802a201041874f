/** Runs the workflow and ends like a lost machine at one of its writes: `<database> <log> <write> inside|after`. */
import { type Database, openDatabase } from '../../src/store/index.js';
import { workflowMigrations } from '../../src/store/libsql/workflow-sql.js';
import { runKilled } from './killed-workflow.js';

const [path = '', log = '', write = '', moment = ''] = process.argv.slice(2);

// The tables are there before the writes are counted.
await runKilled(killingAt(openDatabase(path, workflowMigrations, 'workflows'), Number(write)), log);

/** The database, with a process that ends within its n-th transaction, or after it. */
function killingAt(database: Database, fatal: number): Database {
  let writes = 0;
  const killIf = (due: boolean) => {
    if (due) process.kill(process.pid, 'SIGKILL');
  };
  return {
    ...database,
    migrate() {},
    transaction: (work) => {
      writes += 1;
      const result = database.transaction(() => {
        const done = work();
        killIf(writes === fatal && moment === 'inside');
        return done;
      });
      killIf(writes === fatal && moment === 'after');
      return result;
    },
  };
}
