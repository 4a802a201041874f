import { coloured } from '../report/colour.js';
import { fitTables } from '../report/table.js';
import { isColoured, print } from './standard-streams.js';

/** Renders tables so that they fit the terminal of the stream, with its colours; as wide as they are where it is none. */
export function renderFor(stream: NodeJS.WriteStream, render: () => string): string {
  return coloured(isColoured(stream), () => fitTables(stream.isTTY ? stream.columns || 80 : undefined, render));
}

/** Prints tables to stdout. */
export function printTables(render: () => string): Promise<void> {
  return print(renderFor(process.stdout, render));
}
