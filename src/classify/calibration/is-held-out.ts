import { createHash } from 'node:crypto';

/**
 * Whether a text is kept for measuring, and not used for fitting: half of all texts, by their content. The same text, in
 * whatever case and spacing, is on one side always, so copies of what was fitted are never measured.
 */
export function isHeldOut(text: string): boolean {
  return ((createHash('sha256').update(contentOf(text)).digest()[0] ?? 0) & 1) === 1;
}

/** What is the same in copies of a text that differ in case and spacing only. */
export function contentOf(text: string): string {
  return text.normalize('NFKC').toLowerCase().replace(/\s+/g, ' ').trim();
}
