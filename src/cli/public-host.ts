import type { ProviderName } from '../config/index.js';
import { publicAddress, publicHostUrl } from '../model/index.js';

/** The address of a provider's server as it may be shown and recorded: without credentials. */
export function publicHost(provider: ProviderName, host: string): string {
  return provider === 'ollama' ? publicHostUrl(host) : publicAddress(host);
}
