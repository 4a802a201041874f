/** The text with every run of white space as one space, cut after `limit` characters. */
export function oneLine(text: string, limit = Number.POSITIVE_INFINITY): string {
  return text.replace(/\s+/g, ' ').trim().slice(0, limit);
}
