/** Events of the servers of a pool. Addresses are without credentials. */
export interface HostEvents {
  /** It is not asked any more; `code` is that of the failure for which. */
  'host.down': { readonly server: string; readonly reason: string; readonly code: string };
  /** As many questions as this may be on their way to it at once, and why that changed, in words. */
  'limit.change': { readonly server: string; readonly from: number; readonly to: number; readonly reason: string };
  /**
   * It has said nothing for so long, to so many requests; `answers`: whether it answers a health check all the same, null
   * where none can be asked. Told once for each silence; the requests go on.
   */
  'host.silent': {
    readonly server: string;
    readonly requests: number;
    readonly silent_ms: number;
    readonly answers: boolean | null;
  };
  /** It is asked again, after so many milliseconds. */
  'host.up': { readonly server: string; readonly down_ms: number };
}

declare module '../../foundation/events/event.js' {
  interface EventData extends HostEvents {}
}
