import sentiment from 'wink-sentiment';

/** Words that the package's tables, being plain objects, would take for entries of their own. */
const inherited = new RegExp(`\\b(?:${Object.getOwnPropertyNames(Object.prototype).join('|')})\\b`, 'gi');

/** The sum of the word scores of a text (AFINN-165; each word from −5 to +5). */
export function lexiconScore(text: string): number {
  return sentiment(text.replace(inherited, ' ')).score;
}
