/** A value in a place of its own, so that setting a key is seen as a change even when the value is the same object. */
interface Cell {
  readonly value: unknown;
}

type Cells = ReadonlyMap<string, Cell>;

const removed: Cell = Object.freeze({ value: undefined });
const nothing: Cells = new Map();

/** Fewer changes than this are always kept apart from what they change. */
const fewChanges = 16;

/** What of a state differs from an earlier one. */
export interface Changes {
  readonly set: readonly (readonly [key: string, value: unknown])[];
  readonly removed: readonly string[];
}

/**
 * Keys and values that are never changed: each change gives new entries that share the rest. They are a base, and on top
 * of it the few keys that changed since; when those become more than the square root of the base, both are joined. A
 * change thus costs as much as the keys that changed lately, however many there are.
 */
export class Entries {
  static readonly empty = new Entries(nothing, nothing);

  private constructor(
    private readonly base: Cells,
    private readonly top: Cells,
  ) {}

  has(key: string): boolean {
    const cell = this.cell(key);
    return cell !== undefined && cell !== removed;
  }

  get(key: string): unknown {
    return this.cell(key)?.value;
  }

  with(changed: Iterable<readonly [key: string, value: unknown]>): Entries {
    const top = new Map(this.top);
    for (const [key, value] of changed) top.set(key, { value });
    return this.over(top);
  }

  /** These, and the others on top. What both share stays shared, and is no change. */
  merged(others: Entries): Entries {
    const top = new Map(this.top);
    for (const key of others.keys()) {
      const theirs = others.cell(key);
      if (theirs && theirs !== this.cell(key)) top.set(key, theirs);
    }
    return this.over(top);
  }

  without(key: string): Entries {
    return this.has(key) ? this.over(new Map(this.top).set(key, removed)) : this;
  }

  /** The keys in the order in which they first came. */
  *keys(): IterableIterator<string> {
    for (const key of this.base.keys()) if (this.has(key)) yield key;
    for (const [key, cell] of this.top) if (cell !== removed && !this.base.has(key)) yield key;
  }

  /**
   * What must be done to `earlier` to make it these. Looks only at what may differ where both have a common base. A text,
   * number, boolean or null that was set again as it was is no change; an object may have been changed in place.
   */
  since(earlier: Entries): Changes {
    const set: [string, unknown][] = [];
    const gone: string[] = [];
    for (const key of this.candidates(earlier)) {
      const now = this.cell(key);
      const before = earlier.cell(key);
      if (now === before || isSamePrimitive(now, before)) continue;
      if (now !== undefined && now !== removed) set.push([key, now.value]);
      else if (earlier.has(key)) gone.push(key);
    }
    return { set, removed: gone };
  }

  private candidates(earlier: Entries): Iterable<string> {
    const changed = new Set([...earlier.top.keys(), ...this.top.keys()]);
    if (this.base === earlier.base) return changed;
    return new Set([...this.base.keys(), ...earlier.base.keys(), ...changed]);
  }

  private cell(key: string): Cell | undefined {
    return this.top.get(key) ?? this.base.get(key);
  }

  private over(top: Map<string, Cell>): Entries {
    if (top.size <= fewChanges || top.size * top.size <= this.base.size) return new Entries(this.base, top);
    const base = new Map(this.base);
    for (const [key, cell] of top) {
      if (cell === removed) base.delete(key);
      else base.set(key, cell);
    }
    return new Entries(base, nothing);
  }
}

function isSamePrimitive(one: Cell | undefined, other: Cell | undefined): boolean {
  if (!one || !other || one === removed || other === removed) return false;
  return Object(one.value) !== one.value && Object.is(one.value, other.value);
}
