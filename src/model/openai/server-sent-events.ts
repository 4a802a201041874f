import { createParser } from 'eventsource-parser';
import { type ByteReader, failReading, releaseReader } from '../http/http-response.js';
import { ModelOversizeError } from '../model-errors.js';

/** One event of a stream. */
export interface SentEvent {
  /** Undefined if it has no name. */
  readonly name: string | undefined;
  readonly data: string;
  /** The stream ended within it: it may be half an event. */
  readonly isLast: boolean;
}

/** Characters that an event may have: far more than a token with its probabilities needs. */
const longestEvent = 4_194_304;

/**
 * Reads server-sent events to the end of the stream, or until the reader has enough. A line that is no part of an event
 * but looks like a JSON object counts as one: some servers report errors so.
 * @throws ModelCutOffError when the connection breaks, ModelOversizeError when an event does not end
 */
export async function* readEvents(reader: ByteReader): AsyncGenerator<SentEvent, void> {
  const arrived: SentEvent[] = [];
  let isLast = false;
  const parser = createParser({
    maxBufferSize: longestEvent,
    onEvent: ({ event: name, data }) => void arrived.push({ name, data, isLast }),
    onError({ type, line }) {
      if (type === 'max-buffer-size-exceeded') throw new ModelOversizeError(longestEvent);
      if (line?.startsWith('{')) arrived.push({ name: undefined, data: line, isLast });
    },
  });
  const decoder = new TextDecoder();
  let ended = false;
  try {
    while (!ended) {
      const step = await reader.read().catch(failReading);
      ended = step.done;
      parser.feed(decoder.decode(step.value, { stream: !ended }));
      isLast = ended;
      // Ends an event whose blank line is missing.
      if (ended) parser.feed('\n\n');
      yield* arrived.splice(0);
    }
  } finally {
    if (!ended) releaseReader(reader);
  }
}
