import { messageOf, systemCodeOf } from '../foundation/errors/chorale-error.js';
import { fileTypeOfStart } from './file-type.js';
import { inputProblem } from './input-problem.js';
import { shellWord } from './shell-word.js';
import { ZlibSteps } from './zlib-steps.js';

/** Bytes that are unpacked in one step; they become 16 MiB at most. */
const pieceBytes = 16_384;

/**
 * Unpacks gzip data, also where it is several packed files one after the other.
 * @param path what the file is called in errors
 * @throws InputError where it is no gzip data, cut off or damaged; what `chunks` throws
 */
export async function* gunzip(
  chunks: AsyncIterable<Uint8Array>,
  path: string,
): AsyncGenerator<Uint8Array, void, undefined> {
  const steps = ZlibSteps.gunzip();
  let given = 0;
  try {
    for await (const chunk of chunks) {
      if (given === 0) refusePlain(chunk, path);
      for (let start = 0; start < chunk.length; start += pieceBytes) {
        const piece = chunk.subarray(start, start + pieceBytes);
        if (!steps.hasEnded) yield* await explained(path, steps.push(piece));
        given += piece.length;
        if (steps.hasEnded) refuseRest(piece.subarray(Math.max(0, piece.length - (given - steps.used))), path);
      }
    }
    if (given === 0) throw inputProblem({ path }, 'is empty');
    if (!steps.hasEnded) yield* await explained(path, steps.end());
  } finally {
    steps.destroy();
  }
}

function refusePlain(start: Uint8Array, path: string): void {
  if (start[0] === 0x1f && (start[1] === 0x8b || start.length === 1)) return;
  const type = fileTypeOfStart(start, path);
  if (type) throw inputProblem({ path }, `is ${type.name}, although its name ends in .gz; ${type.advice}`);
  const plain = shellWord(path.replace(/\.gz$/i, ''));
  throw inputProblem(
    { path },
    `is no gzip data, although its name ends in .gz; rename it: mv ${shellWord(path)} ${plain}`,
  );
}

/** After the end of the data there may be zeros only: some programs fill a block with them. */
function refuseRest(rest: Uint8Array, path: string): void {
  if (rest.every((byte) => byte === 0)) return;
  throw inputProblem({ path }, 'the gzip data is damaged: something else follows after its end');
}

async function explained<T>(path: string, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    const problem =
      systemCodeOf(error) === 'Z_BUF_ERROR'
        ? 'the gzip data ends too early: the file is cut off'
        : `the gzip data is damaged (${messageOf(error)})`;
    throw inputProblem({ path }, `${problem}; get or pack it again`, { cause: error });
  }
}
