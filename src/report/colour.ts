/** What a colour says: a failure, a doubt, the best of several, a heading. */
export type Tone = 'bad' | 'doubtful' | 'best' | 'heading';

const sgr = (code: number) => `\u001b[${code}m`;

/** Each with what ends it, so that lines can be wrapped within. */
const sequences: Readonly<Record<Tone, readonly [begin: string, end: string]>> = {
  bad: [sgr(31), sgr(39)],
  doubtful: [sgr(33), sgr(39)],
  best: [sgr(1) + sgr(32), sgr(39) + sgr(22)],
  heading: [sgr(1), sgr(22)],
};

let isOn = false;

/** Renders with colours, or without any. */
export function coloured<R>(on: boolean, render: () => R): R {
  const before = isOn;
  isOn = on;
  try {
    return render();
  } finally {
    isOn = before;
  }
}

/** A text in a colour, where it is rendered with colours. Foreign texts are made visible before. */
export function paint(text: string, tone: Tone): string {
  const [begin, end] = sequences[tone];
  return isOn && text !== '' ? `${begin}${text}${end}` : text;
}
