import { publicAddress } from '../model/http/address.js';
import { publicHostUrl } from '../model/ollama/server-address.js';
import type { ProviderName } from './config/provider-names.js';

/** The address of a provider's server as it may be shown and recorded: without credentials. */
export function publicHost(provider: ProviderName, host: string): string {
  return provider === 'ollama' ? publicHostUrl(host) : publicAddress(host);
}
