/** Events of the servers of a pool. Addresses are without credentials. */
export interface HostEvents {
  /** It is not asked any more; `code` is that of the failure for which. */
  'host.down': { readonly server: string; readonly reason: string; readonly code: string };
  /** It is asked again, after so many milliseconds. */
  'host.up': { readonly server: string; readonly down_ms: number };
}
