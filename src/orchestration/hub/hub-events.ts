import type { Failure } from '../../foundation/events/failure.js';

/** What a hub tells. Single deliveries are counted by its metrics and have no event, failures have. */
export interface HubEvents {
  'hub.open': { readonly buffer_size: number; readonly request_timeout_ms: number };
  /**
   * A message did not arrive, or its handler failed, or nobody answered; what its sender takes back is no failure.
   * Payloads are never in it.
   */
  'hub.error': {
    /** The agent for which the message was. */
    readonly agent: string;
    readonly from: string;
    readonly message_id: string;
    readonly reason: 'handler' | 'timeout' | 'deadlock' | 'unknown_agent' | 'unregistered' | 'closed' | 'no_request';
  } & Failure;
  'hub.closing': { readonly agents: number; readonly queued: number; readonly in_flight: number };
  'hub.closed': { readonly delivered: number; readonly failed: number; readonly discarded: number } & Failure;
}

declare module '../../foundation/events/event.js' {
  interface EventData extends HubEvents {}
}
