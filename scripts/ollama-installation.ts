/** Where the server and the weights of scripts/install-ollama.sh are. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { constants } from 'node:fs';
import { access, readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const installScript = fileURLToPath(new URL('install-ollama.sh', import.meta.url));

/** The folder that the install script fills: `CHORALE_CACHE`, or `chorale` in the user's cache folder. */
export function cacheFolder(): string {
  return process.env.CHORALE_CACHE || join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'chorale');
}

/** The server's binary: `OLLAMA_BIN`, an `ollama` on the PATH, or the one that the install script built. */
export async function findOllama(): Promise<string | undefined> {
  if (process.env.OLLAMA_BIN) return process.env.OLLAMA_BIN;
  const onPath = (process.env.PATH ?? '').split(delimiter).filter((folder) => folder !== '');
  const built = join(cacheFolder(), `ollama-${await pinned('ollama_version')}`);
  for (const folder of [...onPath, built]) {
    const binary = join(folder, process.platform === 'win32' ? 'ollama.exe' : 'ollama');
    if (await isThere(binary, constants.X_OK)) return binary;
  }
  return undefined;
}

/** The weights of the small model, when they are there. */
export async function findWeights(): Promise<string | undefined> {
  const weights = join(cacheFolder(), await pinned('weights_name'));
  return (await isThere(weights, constants.R_OK)) ? weights : undefined;
}

/** Runs the install script; a few minutes when nothing is there yet, and nothing to do when everything is. */
export async function installOllama(): Promise<void> {
  const child = spawn('bash', [installScript], { stdio: ['ignore', 'ignore', 'inherit'] });
  const [code] = await once(child, 'exit');
  if (code !== 0) throw new Error(`scripts/install-ollama.sh ended with code ${code}`);
}

/** A value that the install script pins: it is the one place that says so. */
async function pinned(name: string): Promise<string> {
  const value = new RegExp(`^${name}=(\\S+)$`, 'm').exec(await readFile(installScript, 'utf8'))?.[1];
  if (!value) throw new Error(`${installScript} sets no ${name}`);
  return value;
}

function isThere(path: string, mode: number): Promise<boolean> {
  return access(path, mode).then(
    () => true,
    () => false,
  );
}
