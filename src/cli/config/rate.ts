const secondsOf: Readonly<Record<string, number>> = { s: 1, min: 60 };

/** How many a second, of a rate as people write it (`10/s`, `600/min`, `0.5/s`); undefined when it is none. */
export function parseRate(text: string): number | undefined {
  const [, count, unit] = /^\s*(\d+(?:\.\d+)?)\s*\/\s*(s|min)\s*$/.exec(text) ?? [];
  const seconds = secondsOf[unit ?? ''];
  const rate = seconds === undefined ? 0 : Number(count) / seconds;
  return rate > 0 && Number.isFinite(rate) ? rate : undefined;
}
