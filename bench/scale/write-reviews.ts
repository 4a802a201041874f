import { createWriteStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

const openings = [
  'I bought this in spring',
  'My sister gave me one',
  'After two weeks of use',
  'At first sight',
  'For the price',
];
const things = [
  'the battery',
  'the screen',
  'the sound',
  'the handle',
  'the manual',
  'the delivery',
  'the zip',
  'the colour',
];
const verdicts = [
  ...['is excellent', 'works great', 'is not bad at all', 'is a joy', 'exceeded my hopes, really lovely'],
  ...['is terrible', 'broke', 'is a waste of money', 'is not good', 'disappointed me badly; "awful" is too kind'],
  ...['is what it is', 'has a switch on the side', 'is made of metal', 'looks like the picture'],
];
const endings = ['Would buy again.', 'Never again.', 'We shall see.', 'It went back to the shop.', 'My cat agrees :)'];

/** Writes a CSV with the columns id, text and label, always the same for a number of rows. @returns its size in bytes */
export async function writeReviews(path: string, rows: number): Promise<number> {
  await pipeline(Readable.from(chunks(rows)), createWriteStream(path));
  return (await stat(path)).size;
}

function* chunks(rows: number): Generator<string> {
  let state = 1;
  const pick = (list: readonly string[]) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return list[(state >>> 8) % list.length] ?? '';
  };
  const clause = () => `${pick(openings)}, ${pick(things)} ${pick(verdicts)}`;
  let chunk = 'id,text,label\n';
  for (let index = 0; index < rows; index += 1) {
    const text = `${clause()}. ${clause()} and ${pick(things)} ${pick(verdicts)}. ${pick(endings)} (${index})`;
    chunk += `${index},"${text.replaceAll('"', '""')}",positive\n`;
    if (chunk.length > 65_536) {
      yield chunk;
      chunk = '';
    }
  }
  yield chunk;
}
