/** A value with an identity, so that setting a key is a change even when the value is the same object. */
interface Cell {
  readonly value: unknown;
}

type Cells = ReadonlyMap<string, Cell>;

const removed: Cell = Object.freeze({ value: undefined });
const nothing: Cells = new Map();

/** Number of changes that are always kept apart from the base. */
const fewChanges = 16;

/** What of a state differs from an earlier one. */
export interface Changes {
  readonly set: readonly (readonly [key: string, value: unknown])[];
  readonly removed: readonly string[];
}

/**
 * Keys and values that never change: each change gives new entries, which share the rest. They are a base and the few
 * keys that changed since; when those become more than the square root of the base, both are joined. So a change costs
 * as much as the keys that changed lately, however many there are.
 */
export class Entries {
  static readonly empty = new Entries(nothing, nothing);

  private constructor(
    private readonly base: Cells,
    private readonly top: Cells,
  ) {}

  has(key: string): boolean {
    return isPresent(this.cell(key));
  }

  get(key: string): unknown {
    return this.cell(key)?.value;
  }

  with(changed: Iterable<readonly [key: string, value: unknown]>): Entries {
    const top = new Map(this.top);
    for (const [key, value] of changed) top.set(key, { value });
    return this.over(top);
  }

  /** These entries, overridden by the others. Equal entries are not changes. */
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

  /** The keys in the order in which they were first set. */
  *keys(): IterableIterator<string> {
    for (const key of this.base.keys()) if (this.has(key)) yield key;
    for (const [key, cell] of this.top) if (isPresent(cell) && !this.base.has(key)) yield key;
  }

  /**
   * The changes from `earlier` to these. A primitive that was set again as it was is not a change; an object may have been
   * changed in place.
   */
  since(earlier: Entries): Changes {
    const set: [string, unknown][] = [];
    const gone: string[] = [];
    const bases = this.base === earlier.base ? [] : [...this.base.keys(), ...earlier.base.keys()];
    for (const key of new Set([...bases, ...earlier.top.keys(), ...this.top.keys()])) {
      const now = this.cell(key);
      const before = earlier.cell(key);
      if (now === before) continue;
      if (!isPresent(now)) {
        if (isPresent(before)) gone.push(key);
      } else if (!isPresent(before) || Object(now.value) === now.value || !Object.is(now.value, before.value)) {
        set.push([key, now.value]);
      }
    }
    return { set, removed: gone };
  }

  private cell(key: string): Cell | undefined {
    return this.top.get(key) ?? this.base.get(key);
  }

  private over(top: Map<string, Cell>): Entries {
    if (top.size <= fewChanges || top.size * top.size <= this.base.size) return new Entries(this.base, top);
    const base = new Map(this.base);
    for (const [key, cell] of top) {
      if (isPresent(cell)) base.set(key, cell);
      else base.delete(key);
    }
    return new Entries(base, nothing);
  }
}

function isPresent(cell: Cell | undefined): cell is Cell {
  return cell !== undefined && cell !== removed;
}
