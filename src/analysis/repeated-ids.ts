import { quoted } from '../data/escape-controls.js';

/** So many different ids are remembered; those that come later are not looked at. */
const mostIds = 100_000;

/** Of each id so many characters are compared. */
const longest = 200;

const named = 5;

/** Finds ids of more than one row, in bounded memory. */
export class RepeatedIds {
  private readonly seen = new Set<string>();
  private readonly repeated = new Set<string>();
  private rows = 0;

  add(id: string): void {
    const key = id.length > longest ? `${id.slice(0, longest)} ${id.length}` : id;
    if (this.seen.has(key)) {
      this.rows += 1;
      this.repeated.add(key);
    } else if (this.seen.size < mostIds) {
      this.seen.add(key);
    }
  }

  warnings(): readonly string[] {
    if (this.rows === 0) return [];
    const first = [...this.repeated].slice(0, named).map((id) => quoted(id, 40));
    const more = this.repeated.size > first.length ? ', …' : '';
    const rows = this.rows === 1 ? '1 row has the id' : `${this.rows} rows have the id`;
    return [`${rows} of an earlier row: ${first.join(', ')}${more}; results cannot be told apart by their id`];
  }
}
