import type { Event, EventType } from '../../../src/foundation/events/event.js';
import { type Ending, eventTable } from './event-table.js';

/** A row without the type that it belongs to. */
interface AnyRow {
  readonly source: string | readonly string[];
  readonly data: Readonly<Record<string, string>>;
  readonly ends?: EventType | readonly EventType[];
  readonly by?: readonly string[];
  readonly in?: readonly Ending[];
}

/** The rows of the table by type. */
export const rows: ReadonlyMap<string, AnyRow> = new Map<string, AnyRow>(Object.entries(eventTable));

const kinds: Readonly<Record<string, (value: unknown) => boolean>> = {
  flag: (value) => typeof value === 'boolean',
  number: (value) => Number.isFinite(value) && Number(value) >= 0,
  'number or null': (value) => value === null || kinds.number?.(value) === true,
  text: (value) => typeof value === 'string' && value !== '',
  'text or null': (value) => value === null || kinds.text?.(value) === true,
  texts: (value) => Array.isArray(value) && value.every(kinds.text ?? Boolean),
  value: (value) => value !== undefined,
};

/** The starts that an event ends. */
export function startsOf({ ends = [] }: AnyRow): readonly EventType[] {
  return typeof ends === 'string' ? [ends] : ends;
}

/** What about an event is not as its row in the table says. */
export function findStrays({ type, source, timestamp, data, ...more }: Event): string[] {
  const row = rows.get(type);
  if (!row) return [`${type} has no row`];
  const strays: string[] = Object.keys(more).map((key) => `${type}: ${key} beside data`);
  if (!Number.isFinite(timestamp)) strays.push(`${type}: timestamp ${timestamp}`);
  if (![row.source].flat().includes(source)) strays.push(`${type}: source ${source}`);
  const given = new Map<string, unknown>(Object.entries(data));
  const failed = 'error' in row.data && given.get('error') === true;
  const wanted = { ...row.data, ...(failed ? { error_type: 'text', message: 'text' } : {}) };
  for (const [key, kind] of Object.entries(wanted)) {
    if (kind.endsWith('?') && !given.has(key)) continue;
    if (!kinds[kind.replace('?', '')]?.(given.get(key)))
      strays.push(`${type}: ${key} is ${given.get(key)}, no ${kind}`);
  }
  for (const key of given.keys()) if (!(key in wanted)) strays.push(`${type}: ${key} is no key of its data`);
  return strays;
}

/** Starts without their end, ends without their start, and what ends after that within which it began. */
export function findUnpaired(events: readonly Event[]): string[] {
  const starts = new Set([...rows.values()].flatMap(startsOf));
  /** By source: what has begun and not ended, in the order in which it began. */
  const open = new Map<string, string[]>();
  const wrong: string[] = [];
  for (const { type, source, data } of events) {
    const begun = open.get(source) ?? [];
    open.set(source, begun);
    const given = new Map<string, unknown>(Object.entries(data));
    const row = rows.get(type);
    for (const start of row ? startsOf(row) : []) {
      const name = nameOf(start, row?.by ?? [], given);
      const place = begun.indexOf(name);
      if (place < 0) wrong.push(`${type} ends ${name}, which had not begun`);
      else begun.splice(place, 1);
    }
    const isOutermost = row?.ends !== undefined && (row.by === undefined || row.by.join() === 'run_id');
    if (isOutermost && begun.length > 0) wrong.push(`${type} before the end of ${begun.join(', ')}`);
    if (starts.has(type)) begun.push(nameOf(type, endOf(type)?.by ?? [], given));
  }
  return [...wrong, ...[...open.values()].flat().map((name) => `${name} has no end`)];
}

function endOf(start: EventType): AnyRow | undefined {
  return [...rows.values()].find((row) => startsOf(row).includes(start));
}

function nameOf(type: EventType, by: readonly string[], data: ReadonlyMap<string, unknown>): string {
  return [type, ...by.map((key) => `${key}=${data.get(key)}`)].join(' ');
}
