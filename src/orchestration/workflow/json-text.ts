import { messageOf } from '../../foundation/errors/chorale-error.js';
import type { SchemaIssue } from './workflow-errors.js';

/** A value as it is recorded, or where it is no JSON. The text of `undefined` is null. */
export type JsonText = { readonly text: string | null } | { readonly issue: SchemaIssue };

/**
 * Writes a value as JSON, and refuses what would come back as something else: dates, maps, NaN, class instances. So a
 * resumed run sees the values that the first one saw.
 */
export function encodeJson(value: unknown): JsonText {
  if (value === undefined) return { text: null };
  try {
    const text = JSON.stringify(value);
    const issue = findForeign(value, '');
    return issue ? { issue } : { text };
  } catch (error) {
    return { issue: { path: '', message: `it is no JSON: ${messageOf(error)}` } };
  }
}

/** The first place at which a value is none of JSON's. Cycles have been refused before. */
function findForeign(value: unknown, path: string): SchemaIssue | undefined {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return undefined;
    case 'number':
      return Number.isFinite(value) ? undefined : foreign(path, String(value));
    case 'object':
      return value === null ? undefined : findInside(value, path);
    default:
      return foreign(path, typeof value === 'undefined' ? 'undefined' : `a ${typeof value}`);
  }
}

function findInside(value: object, path: string): SchemaIssue | undefined {
  if (Array.isArray(value)) {
    for (let index = 0; index < value.length; index += 1) {
      const issue = findForeign(value[index], join(path, index));
      if (issue) return issue;
    }
    return undefined;
  }
  const prototype = Object.getPrototypeOf(value);
  if ((prototype !== Object.prototype && prototype !== null) || 'toJSON' in value) {
    return foreign(path, `a ${prototype?.constructor?.name ?? 'object'}`);
  }
  for (const [key, member] of Object.entries(value)) {
    // A key whose value is undefined is as good as none.
    const issue = member === undefined ? undefined : findForeign(member, join(path, key));
    if (issue) return issue;
  }
  return undefined;
}

function join(path: string, key: string | number): string {
  return path === '' ? String(key) : `${path}.${key}`;
}

function foreign(path: string, what: string): SchemaIssue {
  return { path, message: `${what} is no JSON` };
}
