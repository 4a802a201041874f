const unitMs: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };

/**
 * How long a busy server asks to wait, in milliseconds; null where it does not say: `retry-after-ms`, else `Retry-After`,
 * else the longest of the `x-ratelimit-reset-…` whose `x-ratelimit-remaining-…` is used up (or of all, where none is
 * said to be).
 * @param wallTime milliseconds since the epoch
 */
export function retryAfterMs(headers: Headers, wallTime: number): number | null {
  const exact = headers.get('retry-after-ms');
  if (exact !== null && /^\s*\d+(\.\d+)?\s*$/.test(exact)) return Number(exact);
  return ofRetryAfter(headers.get('retry-after'), wallTime) ?? ofRateLimits(headers);
}

/** Seconds, or an HTTP date (RFC 9110, section 10.2.3). */
function ofRetryAfter(header: string | null, wallTime: number): number | null {
  if (header === null || header.trim() === '') return null;
  if (/^\s*\d+\s*$/.test(header)) return Number(header) * 1_000;
  if (!/[a-z]{3}/i.test(header)) return null;
  const date = Date.parse(header);
  return Number.isNaN(date) ? null : Math.max(0, date - wallTime);
}

function ofRateLimits(headers: Headers): number | null {
  const limits = ['requests', 'tokens'].flatMap((kind) => {
    const resetMs = durationMs(headers.get(`x-ratelimit-reset-${kind}`));
    return resetMs === null ? [] : [{ resetMs, usedUp: headers.get(`x-ratelimit-remaining-${kind}`)?.trim() === '0' }];
  });
  const usedUp = limits.filter((limit) => limit.usedUp);
  const counted = usedUp.length > 0 ? usedUp : limits;
  return counted.length === 0 ? null : Math.max(...counted.map(({ resetMs }) => resetMs));
}

/** As OpenAI writes them (`6m0s`, `120ms`, `2m59.56s`), or seconds. */
function durationMs(text: string | null): number | null {
  if (text === null) return null;
  if (/^\s*\d+(\.\d+)?\s*$/.test(text)) return Number(text) * 1_000;
  if (!/^\s*(\d+(\.\d+)?(ms|s|m|h))+\s*$/.test(text)) return null;
  const parts = [...text.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h)/g)];
  return parts.reduce((sum, [, count, unit = '']) => sum + Number(count) * (unitMs[unit] ?? 0), 0);
}
