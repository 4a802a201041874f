import { contentOf } from '../classify/calibration/is-held-out.js';
import { textKey } from './text-key.js';

/** So many different texts are remembered; those that come later are not looked at. */
const mostTexts = 100_000;

/** So many contradictions are named. */
const named = 3;

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
    if (this.examples.length >= named) return;
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
