const units = ['B', 'kB', 'MB', 'GB', 'TB'];

/** A size for people, in powers of ten and three digits: `512 B`, `2.02 GB`. */
export function renderBytes(bytes: number): string {
  let value = bytes;
  let power = 0;
  // 999.5 is written as 1000, which is 1.00 of the next unit.
  while (value >= 999.5 && power < units.length - 1) {
    value /= 1_000;
    power += 1;
  }
  return `${power === 0 ? value : value.toPrecision(3)} ${units[power]}`;
}
