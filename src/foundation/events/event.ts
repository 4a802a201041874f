/**
 * Keys of `data`, by event type. Each feature adds its events beside its code. `error` is a boolean; `error_type` and
 * `message` come with it when it is true.
 */
// biome-ignore lint/suspicious/noEmptyInterface: the features extend it.
export interface EventData {}

/** The name of a kind of event. */
export type EventType = keyof EventData;

/** Something that happened, as data. `timestamp` is in milliseconds since the epoch; on paper it is ISO-8601 in UTC. */
export type Event = {
  readonly [T in EventType]: {
    readonly type: T;
    readonly timestamp: number;
    readonly source: string;
    readonly data: EventData[T];
  };
}[EventType];
