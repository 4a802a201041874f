import type { Database, Statement } from '../libsql/open-database.js';

/** Prepares statements, by name. */
export function prepareAll<Name extends string>(
  database: Database,
  statements: Readonly<Record<Name, string>>,
): Readonly<Record<Name, Statement>> {
  const prepared = Object.entries<string>(statements).map(([name, sql]) => [name, database.prepare(sql)]);
  return Object.fromEntries(prepared);
}
