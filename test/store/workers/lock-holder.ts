/** Holds the write lock of a database: `<database> <ms>`. Says `locked` when it has it, and ends when the time is over. */
import { writeSync } from 'node:fs';
import { openDatabase } from '../../../src/store/libsql/open-database.js';

const [path = '', ms = ''] = process.argv.slice(2);
const database = openDatabase(path);
database.transaction(() => {
  writeSync(1, 'locked');
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, Number(ms));
});
database.close();
