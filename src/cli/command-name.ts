import { readFileSync, realpathSync } from 'node:fs';
import { dirname, relative, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { packageRoot } from '../foundation/package-root.js';
import { shellWord } from '../foundation/text/message-text.js';
import { publicAddress } from '../model/http/address.js';
import type { Io } from './io.js';
import type { DemoFlags } from './options/command-options.js';
import type { Settings } from './options/settings.js';

const root = fileURLToPath(packageRoot).replace(/[\\/]$/, '');

/** How this process was started, for the command that starts the next one. */
interface Invocation {
  /** The script as it was named. */
  readonly script: string;
  readonly folder: string;
  /** The folder of the package. */
  readonly root: string;
}

/**
 * The words with which the reader can start this program again: `npx chorale` in a clone and where the package is a
 * dependency, `chorale` where it is on the PATH, `npx FOLDER` where npx has run it from a folder.
 */
export function commandName(io: Pick<Io, 'script'>): string {
  return nameOf({ script: resolve(io.script), folder: process.cwd(), root: realpathSync(root) });
}

/** The same for any invocation. */
export function nameOf(invocation: Invocation): string {
  const { script, folder } = invocation;
  const binFolder = dirname(script);
  if (binFolder.split(sep).includes('_npx')) return `npx ${shellWord(shortest(folder, invocation.root))}`;
  if (isWithin(folder, invocation.root)) return 'npx chorale';
  const modules = binFolder.endsWith(`node_modules${sep}.bin`) ? dirname(dirname(binFolder)) : undefined;
  if (modules !== undefined && isWithin(folder, modules)) return 'npx chorale';
  if (/(?:^|[\\/])chorale$/.test(script)) return 'chorale';
  return `node ${shellWord(shortest(folder, script))}`;
}

function isWithin(folder: string, parent: string): boolean {
  return folder === parent || folder.startsWith(`${parent}${sep}`);
}

/** The path as it is, or as seen from the folder where that is shorter. */
export function shortest(folder: string, path: string): string {
  const seen = relative(folder, path) || '.';
  return seen.length < path.length ? seen : path;
}

/** The words of a command that name provider, model and hosts, as the user gave them, without the credentials of an address. */
export function modelWords(
  { provider, model }: Pick<Settings, 'provider' | 'model'>,
  { hosts = [], config }: Pick<DemoFlags, 'hosts' | 'config'>,
): readonly string[] {
  if (provider === 'lexicon') return ['--provider lexicon'];
  return [
    ...(provider === 'ollama' ? [] : [`--provider ${provider}`]),
    ...hosts.map((address) => `--host ${shellWord(publicAddress(address))}`),
    ...(config === undefined ? [] : [`--config ${shellWord(config)}`]),
    ...(model === undefined ? [] : [`--model ${shellWord(model)}`]),
  ];
}

/** The version of this program, from its manifest. */
export function programVersion(): string {
  const manifest: unknown = JSON.parse(readFileSync(new URL('package.json', packageRoot), 'utf8'));
  if (typeof manifest !== 'object' || manifest === null || !('version' in manifest)) return 'unknown';
  return String(manifest.version);
}
