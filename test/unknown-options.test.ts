import { describe, expect, it } from 'vitest';
import { searchFewShot } from '../src/evaluate/index.js';
import {
  analyzeReviews,
  calibrateReviews,
  createAdaptiveLimit,
  createAgent,
  createPool,
  httpService,
  InvalidOptionError,
  lexicon,
  loadPrompt,
  ollama,
  openaiCompatible,
  pinoObserver,
  runExperiment,
  streamReviews,
  textObserver,
} from '../src/index.js';
import { libsqlStore, memoryRunStore, openRunArchive, openRunStore } from '../src/store/index.js';

/** What JavaScript, or a variable of a wider type, may pass. */
// biome-ignore lint/suspicious/noExplicitAny: the compiler would reject the options under test
const wrong = (options: object): any => options;

const prompt = await loadPrompt('sentiment');
const agent = await createAgent({ model: lexicon(), prompt });
const host = 'http://127.0.0.1:9';

const calls: Readonly<Record<string, readonly [misspelt: string, meant: string, call: () => unknown]>> = {
  createAgent: ['label', 'labels', () => createAgent(wrong({ model: lexicon(), prompt, label: ['a', 'b'] }))],
  retry: ['maxRetry', 'maxRetries', () => createAgent({ model: lexicon(), prompt, retry: wrong({ maxRetry: 1 }) })],
  ollama: ['hosts', 'host', () => ollama(wrong({ model: 'm', hosts: [] }))],
  openaiCompatible: ['apikey', 'apiKey', () => openaiCompatible(wrong({ model: 'm', host, apikey: 'k' }))],
  httpService: ['idleTimeout', 'idleTimeoutMs', () => httpService(wrong({ host, idleTimeout: 1 }))],
  createPool: ['upTimeout', 'upTimeoutMs', () => createPool(wrong({ upstreams: [], upTimeout: 1 }))],
  lexicon: ['simulatedLatency', 'simulatedLatencyMs', () => lexicon(wrong({ simulatedLatency: 1 }))],
  createAdaptiveLimit: ['maxx', 'max', () => createAdaptiveLimit(wrong({ maxx: 1 }))],
  analyzeReviews: ['worker', 'workers', () => analyzeReviews(['good'], wrong({ agent, worker: 1 }))],
  streamReviews: ['failfast', 'failFast', () => streamReviews([], wrong({ agent, failfast: true }))],
  calibrateReviews: ['worker', 'workers', () => calibrateReviews([], wrong({ agent, worker: 1 }))],
  runExperiment: ['repeat', 'repeats', () => runExperiment(wrong({ variants: [], repeat: 1 }))],
  searchFewShot: ['restart', 'restarts', () => searchFewShot(wrong({ restart: 1 }))],
  libsqlStore: ['paht', 'path', () => libsqlStore(wrong({ paht: 'runs.db' }))],
  memoryRunStore: ['share', 'shared', () => memoryRunStore(wrong({ share: undefined }))],
  openRunStore: ['busyTimeout', 'busyTimeoutMs', () => openRunStore(wrong({ path: 'runs.db', busyTimeout: 1 }))],
  openRunArchive: ['remove', 'removes', () => openRunArchive('runs.db', wrong({ remove: true }))],
  pinoObserver: ['destinations', 'destination', () => pinoObserver(wrong({ destinations: 2 }))],
  textObserver: ['writes', 'write', () => textObserver(wrong({ writes: () => {} }))],
};

describe('a misspelt option', () => {
  it.each(Object.entries(calls))(
    'is refused by %s, with the name that was meant',
    async (_, [misspelt, meant, call]) => {
      const error: unknown = await Promise.resolve()
        .then(call)
        .catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(InvalidOptionError);
      expect(String(error)).toContain(` has no option '${misspelt}', did you mean '${meant}'? (known: `);
    },
  );
});
