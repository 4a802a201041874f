import { UsageError } from '../../foundation/errors/common-errors.js';
import { defaultSettings, type Settings } from '../config/settings.js';

/** The value of `--prompt` that has the prompts of chorale tried. */
export const autoPrompt = 'auto';

/** Providers that read the review only. */
const readNoPrompt: readonly Settings['provider'][] = ['lexicon', 'http'];

/** Whether prompts make no difference to a provider. */
export function readsNoPrompt({ provider }: Pick<Settings, 'provider'>): boolean {
  return readNoPrompt.includes(provider);
}

/**
 * Refuses `auto` where prompts make no difference.
 * @throws UsageError
 */
export function requirePromptReader({ prompt, provider }: Pick<Settings, 'prompt' | 'provider'>): void {
  if (prompt !== autoPrompt || !readsNoPrompt({ provider })) return;
  throw new UsageError(`--prompt auto tries prompts, and --provider ${provider} reads none: leave it out`);
}

/**
 * Refuses `--calibrate` together with `auto`: a calibration is for one prompt.
 * @throws UsageError
 */
export function refuseAutoCalibration(
  { prompt }: Pick<Settings, 'prompt'>,
  { calibrate }: { readonly calibrate?: string | undefined },
): void {
  if (prompt !== autoPrompt || calibrate === undefined) return;
  throw new UsageError('--calibrate is for one prompt, and --prompt auto chooses one: name the prompt');
}

/** The settings with a prompt that can be loaded, for what is the same with every prompt. */
export function withoutAuto(settings: Settings): Settings {
  return settings.prompt === autoPrompt ? { ...settings, prompt: defaultSettings.prompt } : settings;
}
