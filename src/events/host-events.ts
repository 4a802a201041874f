/** Events of the servers of a pool. Addresses are without credentials. */
export interface HostEvents {
  /** It is not asked any more; `code` is that of the failure for which. */
  'host.down': { readonly server: string; readonly reason: string; readonly code: string };
  /** As many questions as this may be on their way to it at once, and why that changed, in words. */
  'limit.change': { readonly server: string; readonly from: number; readonly to: number; readonly reason: string };
  /** It is asked again, after so many milliseconds. */
  'host.up': { readonly server: string; readonly down_ms: number };
}
