import { AnswerInvalidError } from '../model-errors.js';

/** White space in a row, in characters, after which an answer is a loop; an escape counts as it is written. */
const longestSpace = 200;
const longestEscape = String.raw`\u00a0`.length;
const spaceAtEnd = /(?:\s|\\[nrt]|\\u(?:0009|000[ad]|0020|00a0|3000))+$/i;

/** The same fragment again and again: so many characters in all, and so many times at least. */
const repetition = { longestFragment: 40, characters: 240, times: 24 };

/**
 * Rejects an unfinished answer that ends in a loop: endless white space, also as the escapes of a JSON
 * string (`\n\n\n`), or the same few characters over and over (`and and and`). No limit of tokens would end that well, and
 * the server has better things to do.
 * @throws AnswerInvalidError
 */
export function refuseEndlessAnswer(text: string): void {
  if (text.length < longestSpace - longestEscape) return;
  const space = spaceAtEnd.exec(text.slice(-longestSpace));
  if (space && space[0].length >= longestSpace - longestEscape)
    throw new AnswerInvalidError('repeats white space without end', text);
  if (endsInRepetition(text)) throw new AnswerInvalidError('repeats itself without end', text);
}

function endsInRepetition(text: string): boolean {
  for (let length = 1; length <= repetition.longestFragment; length += 1) {
    const most = Math.max(repetition.characters, length * repetition.times);
    let same = 0;
    while (same < most && text.length - 1 - same - length >= 0) {
      const at = text.length - 1 - same;
      if (text.charCodeAt(at) !== text.charCodeAt(at - length)) break;
      same += 1;
    }
    if (same + length >= most) return true;
  }
  return false;
}
