import { parentPort } from 'node:worker_threads';
import { lexiconScore } from './lexicon-score.js';

/** What this thread sends: that it listens, then for each list of texts the list of their scores, in the order of arrival. */
export type ThreadMessage = 'ready' | readonly number[];

parentPort?.on('message', (texts: readonly string[]) => {
  parentPort?.postMessage(texts.map(lexiconScore) satisfies ThreadMessage);
});
parentPort?.postMessage('ready' satisfies ThreadMessage);
