const dayMs = 86_400_000;

/** 1 March 1900: Excel takes 1900 for a leap year, and numbers the days before this one differently. */
const endOfFault = Date.UTC(1900, 2, 1);
/** Its day 0. A time of day has no date, and is on this one. */
const dayZero = Date.UTC(1899, 11, 30);

/**
 * A date of a workbook as ISO 8601 in wall-clock time, since workbooks know no time zone: `2024-01-31`,
 * `2024-01-31T12:30:00`, or `12:30:00` for a time without a date.
 * @param date its wall-clock time as UTC
 * @param is1904 whether the workbook counts its days from 1904 on
 */
export function wallClock(date: Date, is1904: boolean): string {
  // Serial numbers are fractions of days, and were rounded down.
  const written = date.getTime();
  const ms = ((written % 1000) + 1000) % 1000 === 999 ? written + 1 : written;
  const time = timeOf(ms);
  if (!is1904 && ms >= dayZero && ms < dayZero + dayMs) return time ?? '00:00:00';
  const day = dateOf(ms, is1904);
  return time === null ? day : `${day}T${time}`;
}

function dateOf(ms: number, is1904: boolean): string {
  const isFaulty = !is1904 && ms >= dayZero && ms < endOfFault;
  const day = new Date(isFaulty ? ms + dayMs : ms).toISOString().split('T')[0] ?? '';
  return isFaulty && day === '1900-03-01' ? '1900-02-29' : day;
}

/** Null for midnight. */
function timeOf(ms: number): string | null {
  const [time = ''] = /(?<=T).*(?=Z)/.exec(new Date(ms).toISOString()) ?? [];
  return time === '00:00:00.000' ? null : time.replace(/\.000$/, '');
}
