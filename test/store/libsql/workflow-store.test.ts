import { expect, test } from 'vitest';
import {
  type AnyStep,
  createEngine,
  defineStep,
  defineWorkflow,
  type Workflow,
} from '../../../src/orchestration/index.js';
import { type Database, openDatabase } from '../../../src/store/libsql/open-database.js';
import { libsqlWorkflows } from '../../../src/store/libsql/workflow-store.js';

const big = 'x'.repeat(10_000);

/** A chain of steps with large outputs, and how much each transaction of its run writes. */
async function writesOf(steps: number): Promise<readonly { readonly statements: number; readonly size: number }[]> {
  const transactions: { statements: number; size: number }[] = [];
  const database = openDatabase(':memory:');
  const counting: Database = {
    ...database,
    prepare: (sql) => {
      const statement = database.prepare(sql);
      return {
        ...statement,
        run: (...values) => {
          const current = transactions.at(-1);
          if (current) {
            current.statements += 1;
            current.size += values.reduce((sum: number, value) => sum + String(value).length, 0);
          }
          return statement.run(...values);
        },
      };
    },
    write: (work) => {
      transactions.push({ statements: 0, size: 0 });
      return database.write(work);
    },
  };
  let builder = defineWorkflow('chain') as unknown as {
    thenStep(step: AnyStep): typeof builder;
    build(): Workflow<string, string>;
  };
  for (let n = 0; n < steps; n += 1) builder = builder.thenStep(defineStep({ id: `s${n}`, run: () => big }));
  await createEngine({ store: libsqlWorkflows(counting) }).run(builder.build(), big);
  database.close();
  return transactions;
}

test('a write costs what has changed, however long the run is', async () => {
  const writes = await writesOf(40);
  // The run; the first step; and each completion with the beginning of the next step.
  expect(writes).toHaveLength(42);
  const completions = writes.slice(2, -1);
  for (const { statements, size } of completions) {
    expect(statements).toBe(2);
    expect(size).toBeLessThan(big.length + 300);
  }
});
