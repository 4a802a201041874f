import { plural } from '../foundation/text/message-text.js';
import { type Lane, overlapOf, type Phase, type Slice, type Timeline } from '../measure/timeline/timeline.js';
import { renderDuration } from './format-values.js';
import { paint, type Tone, wrapText } from './terminal-text.js';

/** How a phase appearance: without colours the signs tell them apart. */
const appearance: Readonly<Record<Phase, { readonly sign: string; readonly tone?: Tone; readonly says: string }>> = {
  waiting: { sign: '·', says: 'waiting to send' },
  queue: { sign: '░', tone: 'warning', says: "in the server's queue" },
  prefill: { sign: '▒', tone: 'heading', says: 'reading the prompt' },
  decode: { sign: '█', tone: 'best', says: 'writing the answer' },
  request: { sign: '█', tone: 'best', says: 'request' },
  pause: { sign: '~', tone: 'bad', says: 'pause before a retry' },
  work: { sign: '█', tone: 'best', says: 'work' },
};

/** With more workers only the first ones are shown. */
const mostLanes = 64;

/** Columns where there is no terminal. */
export const usualColumns = 80;

/** A row for each worker, as wide as the screen: when it did what. */
export function renderTimeline(timeline: Timeline, columns: number): string {
  const { lanes, durationMs, items, failed, isComplete } = timeline;
  const shown = lanes.slice(0, mostLanes);
  const names = shown.map(({ worker }) => `worker ${worker}`);
  const nameWidth = Math.max(0, ...names.map(({ length }) => length));
  const width = Math.max(10, columns - nameWidth - 3);
  const rows = shown.map(
    (lane, index) => `${(names[index] ?? '').padEnd(nameWidth)} ▏${renderLane(lane, durationMs, width)}▕`,
  );
  const used = new Set(shown.flatMap(({ slices }) => slices.map(({ phase }) => phase)));
  const legend = Object.entries(appearance)
    .filter(([phase]) => used.has(phase as Phase))
    .map(([, { sign, tone, says }]) => `${tone ? paint(sign, tone) : sign} ${says}`);
  const end = renderDuration(durationMs);
  const axis = `${' '.repeat(nameWidth + 2)}0${end.padStart(width - 1)}`;
  const more = lanes.length > shown.length ? [`… and ${plural(lanes.length - shown.length, 'more worker')}`] : [];
  const state = isComplete ? '' : '; the events end before the run does';
  const losses = failed > 0 ? `, ${failed} failed` : '';
  const head = `${plural(items, 'item')}${losses}, ${plural(lanes.length, 'worker')}, ${end}${state}`;
  return `${[...[head, describeOverlap(timeline)].map((line) => wrapText(line, columns)), ...rows, ...more, axis, wrapText(legend.join('   '), columns)].join('\n')}\n`;
}

function describeOverlap(timeline: Timeline): string {
  const { most, mean, startedTogether } = overlapOf(timeline);
  const together =
    startedTogether > 1 ? `${startedTogether} items began at the same moment` : 'no two items began at the same moment';
  return `${together}; ${most} at most were busy at once, ${mean.toFixed(1)} on average.`;
}

/**
 * Each cell shows the phase that takes most of its time; an empty one, that the worker had nothing to do. The number of an
 * item stands where it begins, if there is room.
 */
function renderLane({ slices }: Lane, durationMs: number, width: number): string {
  const cellMs = durationMs / width;
  const cells: (Phase | undefined)[] = [];
  let next = 0;
  for (let cell = 0; cell < width; cell += 1) {
    const [from, to] = [cell * cellMs, (cell + 1) * cellMs];
    while (next < slices.length && (slices[next]?.to ?? 0) <= from) next += 1;
    cells.push(phaseOf(slices, next, from, to));
  }
  const numbers = numbersOf(slices, cellMs, width);
  return cells.map((phase, cell) => renderCell(phase, numbers[cell])).join('');
}

/** The digits of items by cell. */
function numbersOf(slices: readonly Slice[], cellMs: number, width: number): readonly (string | undefined)[] {
  const digits: (string | undefined)[] = Array.from({ length: width });
  const begins = slices.filter(({ item }, index) => slices[index - 1]?.item !== item);
  for (const [index, { item, from }] of begins.entries()) {
    const first = Math.floor(from / cellMs);
    const last = Math.min(width, Math.floor((begins[index + 1]?.from ?? slices.at(-1)?.to ?? from) / cellMs));
    const number = String(item + 1);
    if (last - first <= number.length) continue;
    for (const [place, digit] of [...number].entries()) digits[first + place] = digit;
  }
  return digits;
}

function phaseOf(slices: readonly Slice[], first: number, from: number, to: number): Phase | undefined {
  const times = new Map<Phase, number>();
  for (let index = first; index < slices.length; index += 1) {
    const slice = slices[index];
    if (!slice || slice.from >= to) break;
    const inside = Math.min(slice.to, to) - Math.max(slice.from, from);
    times.set(slice.phase, (times.get(slice.phase) ?? 0) + inside);
  }
  const [most] = [...times].sort((a, b) => b[1] - a[1]);
  return most && most[1] > 0 ? most[0] : undefined;
}

function renderCell(phase: Phase | undefined, digit: string | undefined): string {
  if (phase === undefined) return digit ?? ' ';
  const { sign, tone } = appearance[phase];
  return digit ?? (tone ? paint(sign, tone) : sign);
}
