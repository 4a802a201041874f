import { appendFileSync, readFileSync } from 'node:fs';

/** The answer to a question: another one each time that it is given. */
export function answerTo(log: string, reason: string): string {
  const number = readFileSync(log, 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('gave ')).length;
  const answer = `${reason} yes #${number}`;
  appendFileSync(log, `gave ${answer}\n`);
  return answer;
}

/** Notes which answer was used at a place. */
export function noteUse(log: string, place: string, answer: string): string {
  appendFileSync(log, `used ${place} ${answer}\n`);
  return answer;
}
