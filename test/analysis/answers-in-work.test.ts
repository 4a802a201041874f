import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SingleFlight } from '../../src/analysis/answers-in-work.js';
import { answerOf as answer } from '../store/runs/outcomes.js';

const { signal } = new AbortController();

async function claimToAsk(answers: SingleFlight, key: string) {
  const claim = await answers.claim(key, signal);
  if ('sentiment' in claim) throw new Error('it was answered');
  return claim.settle;
}

describe('answers in work', () => {
  it('are asked for once: who comes later waits, and has the same answer', async () => {
    const answers = new SingleFlight();
    const settle = await claimToAsk(answers, 'a');
    const later = [answers.claim('a', signal), answers.claim('a', signal)];
    settle(answer('positive'));
    expect(await Promise.all(later)).toEqual([answer('positive'), answer('positive')]);
    expect(await answers.claim('a', signal)).toEqual(answer('positive'));
  });

  it('are asked for by the next who waits where nothing came of the question, one after the other', async () => {
    const answers = new SingleFlight();
    (await claimToAsk(answers, 'a'))(null);
    const settle = await claimToAsk(answers, 'a');
    const waiting = [answers.claim('a', signal), answers.claim('a', signal)];
    settle(null);
    const second = await Promise.race(waiting);
    if ('sentiment' in second) throw new Error('it was answered');
    second.settle(answer('negative'));
    expect((await Promise.all(waiting)).filter((claim) => 'sentiment' in claim)).toEqual([answer('negative')]);
  });

  it('are not waited for after an abort', async () => {
    const answers = new SingleFlight();
    await claimToAsk(answers, 'a');
    const controller = new AbortController();
    const waiting = answers.claim('a', controller.signal);
    controller.abort(new Error('stop'));
    await expect(waiting).rejects.toThrow('stop');
  });

  it('are remembered for thousands of further ones, and not for ever', async () => {
    const answers = new SingleFlight();
    for (let n = 0; n < 4_097; n += 1) (await claimToAsk(answers, `${n}`))(answer('positive'));
    expect(await answers.claim('1', signal)).toEqual(answer('positive'));
    (await claimToAsk(answers, '0'))(null);
  });

  it('of any order of questions are one question for each text that is answered', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.constantFrom('a', 'b', 'c'), { maxLength: 40 }), async (keys) => {
        const answers = new SingleFlight();
        let asked = 0;
        const ask = async (key: string) => {
          const claim = await answers.claim(key, signal);
          if ('sentiment' in claim) return claim.sentiment;
          asked += 1;
          await null;
          claim.settle(answer(key));
          return key;
        };
        expect(await Promise.all(keys.map(ask))).toEqual(keys);
        expect(asked).toBe(new Set(keys).size);
      }),
    );
  });
});
