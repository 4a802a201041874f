import crypto, { createHash } from 'node:crypto';
import type { Agent } from '../classify/agent.js';
import type { Cells } from '../classify/prompt/prompt-input.js';
import { listEntry } from '../foundation/text/list-text.js';
import type { ModelInfo } from '../model/model.js';
import type { Fingerprint } from './run-store.js';

/** Version of how requests are made and answers are parsed; incremented when the same prompt would be answered otherwise. */
const wayOfAsking = 1;

/** Stands for the review in the prompt. */
const sampleText = 'review';

/**
 * What determines the predictions of an agent: the model and its weights, the prompt as it is sent, the generation
 * options, the labels; not the number of workers, the server's address, or whether probabilities are requested.
 * @param info as `agent.prepare` gives it
 */
export function fingerprintOf(agent: Agent, info: ModelInfo): Fingerprint {
  const columns = Object.fromEntries(agent.columns.map((name) => [name, name]));
  const { input, labels, options, schema } = agent.requestFor({ text: sampleText, columns });
  const parts = {
    provider: agent.model.provider,
    model: agent.model.name,
    'model digest': info.digest ?? 'not known',
    prompt: agent.promptId,
    'prompt as sent': digestOf(input),
    labels: labels.map(listEntry).join(', '),
    temperature: String(options.temperature),
    seed: String(options.seed),
    'answer tokens': String(options.maxOutputTokens),
    'context tokens': String(options.contextTokens),
    'stop sequences': JSON.stringify(options.stopSequences),
    'answer schema': schema === undefined ? 'none' : digestOf(schema),
    'reviews that are too long': agent.long,
    'way of asking': String(wayOfAsking),
  };
  return { hash: createHash('sha256').update(JSON.stringify(parts)).digest('hex'), parts };
}

/** How two fingerprints differ, part by part, as in `temperature 0 → 0.7`. Empty if they are the same. */
export function fingerprintChanges(before: Fingerprint, now: Fingerprint): readonly string[] {
  const unknown = 'not recorded';
  return differingParts(before.parts, now.parts).map(({ part, a, b }) => `${part} ${a ?? unknown} → ${b ?? unknown}`);
}

function digestOf(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('hex').slice(0, 12);
}

/** A part of two fingerprints that is not the same. */
export interface DifferingPart {
  readonly part: string;
  /** Null if that fingerprint has no such part. */
  readonly a: string | null;
  readonly b: string | null;
}

/** The parts of two fingerprints that differ, in the order in which they are first named. */
export function differingParts(
  a: Readonly<Record<string, string>>,
  b: Readonly<Record<string, string>>,
): readonly DifferingPart[] {
  const names = [...new Set([...Object.keys(a), ...Object.keys(b)])];
  const partOf = (parts: Readonly<Record<string, string>>, name: string) =>
    Object.hasOwn(parts, name) ? (parts[name] ?? null) : null;
  return names
    .map((part) => ({ part, a: partOf(a, part), b: partOf(b, part) }))
    .filter((differing) => differing.a !== differing.b);
}

/** In one call where this Node has it (20.12): it takes a third of the time. */
const sha256: (text: string) => string = crypto.hash
  ? (text) => crypto.hash('sha256', text, 'base64url')
  : (text) => createHash('sha256').update(text).digest('base64url');

/** Characters of 128 bits in base64url, with four bits more. */
const keyLength = 22;

/** The key of a text: the beginning of its SHA-256 in base64url, 132 bits. */
export function textKey(text: string): string {
  return sha256(text).slice(0, keyLength);
}

/** Separates the key of a text from that of its cells; no key of a text has it. */
const keySeparator = '.';

/**
 * The key of what a prompt shows of a review: that of its text, followed by that of its cells where the prompt shows other
 * columns. JSON keeps `['a', 'b c']` and `['a b', 'c']` apart.
 */
export function inputKey(text: string, cells: Cells): string {
  return cells.length === 0 ? textKey(text) : `${textKey(text)}${keySeparator}${textKey(JSON.stringify(cells))}`;
}

/** The part of a key that stands for the text: answers of prompts that show different columns have it in common. */
export function textPartOf(key: string): string {
  return key.split(keySeparator, 1)[0] ?? key;
}
