import { contentOf } from '../classify/calibration/fit-calibration.js';
import { quoted } from '../foundation/text/control-characters.js';
import { textKey } from './fingerprint.js';

/** Number of different ids that are remembered; later ones are not checked. */
const mostIds = 100_000;

/** Number of characters of each id that are compared. */
const longestId = 200;

const namedIds = 5;

/** Finds ids of more than one row, in bounded memory. */
export class RepeatedIds {
  private readonly seen = new Set<string>();
  private readonly repeated = new Set<string>();
  private rows = 0;

  add(id: string): void {
    const key = id.length > longestId ? `${id.slice(0, longestId)} ${id.length}` : id;
    if (this.seen.has(key)) {
      this.rows += 1;
      this.repeated.add(key);
    } else if (this.seen.size < mostIds) {
      this.seen.add(key);
    }
  }

  warnings(): readonly string[] {
    if (this.rows === 0) return [];
    const first = [...this.repeated].slice(0, namedIds).map((id) => quoted(id, 40));
    const more = this.repeated.size > first.length ? ', …' : '';
    const rows = this.rows === 1 ? '1 row has the id' : `${this.rows} rows have the id`;
    return [`${rows} of an earlier row: ${first.join(', ')}${more}; results cannot be told apart by their id`];
  }
}

/** Number of different texts that are remembered; later ones are not checked. */
const mostTexts = 100_000;

/** Number of contradictions that are named. */
const namedContradictions = 3;

/** Finds texts that come again with another gold label, in bounded memory. */
export class LabelContradictions {
  private readonly first = new Map<string, { readonly label: string; readonly row: number }>();
  private readonly contradicted = new Set<string>();
  private readonly examples: string[] = [];
  private overlooked = false;

  /** @param index 0-based row */
  add(index: number, text: string | null, label: string): void {
    if (text === null) return;
    const key = textKey(contentOf(text)).slice(0, 12);
    const before = this.first.get(key);
    if (!before) {
      if (this.first.size < mostTexts) this.first.set(key, { label, row: index + 1 });
      else this.overlooked = true;
      return;
    }
    if (before.label === label || this.contradicted.has(key)) return;
    this.contradicted.add(key);
    if (this.examples.length >= namedContradictions) return;
    this.examples.push(`rows ${before.row} (${before.label}) and ${index + 1} (${label})`);
  }

  warnings(): readonly string[] {
    const count = this.contradicted.size;
    if (count === 0) return [];
    const texts = count === 1 ? '1 text has' : `${count} texts have`;
    const scope = this.overlooked ? ` among the first ${mostTexts.toLocaleString('en')} different texts` : '';
    const more = count > this.examples.length ? ', …' : '';
    return [
      `${texts} contradictory gold labels${scope}: ${this.examples.join(', ')}${more}; ` +
        'no answer is right for all of them, so correct the labels, or leave these rows out',
    ];
  }
}
