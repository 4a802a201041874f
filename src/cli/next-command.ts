import { shellWord } from '../foundation/text/message-text.js';
import { publicAddress } from '../model/http/address.js';
import type { Settings } from './config/settings.js';
import type { CommonFlags } from './flags.js';

/** The words of a command that name who answers, as it was named here. Credentials of an address are left out. */
export function modelWords(
  { provider, model }: Pick<Settings, 'provider' | 'model'>,
  { host = [], config }: Pick<CommonFlags, 'host' | 'config'>,
): readonly string[] {
  if (provider === 'lexicon') return ['--provider lexicon'];
  return [
    ...(provider === 'ollama' ? [] : [`--provider ${provider}`]),
    ...host.map((address) => `--host ${shellWord(publicAddress(address))}`),
    ...(config === undefined ? [] : [`--config ${shellWord(config)}`]),
    ...(model === undefined ? [] : [`--model ${shellWord(model)}`]),
  ];
}
