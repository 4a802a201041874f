/**
 * A real Ollama server of our own, with a small real model, for live tests and benches:
 *
 *   tsx scripts/ollama-server.ts      starts one in the foreground, prints its host and model, stops on Ctrl-C
 *
 * It shares nothing with a server that the user runs: own port, own models, none of the user's OLLAMA_* settings.
 */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, open, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { cacheFolder, findOllama, findWeights } from './ollama-installation.js';

/** The model that {@link ensureModel} makes: SmolLM2-135M-Instruct with a ChatML template. */
const smallModel = 'smollm2:135m';

/** The same weights behind a chat template that does not fit: the assistant's turn is closed before it begins. */
const brokenModel = 'broken:135m';

/** As much as a test needs: several threads wait for each other, and stall when other work takes their processors. */
const testThreads = 1;

const readyTimeoutMs = 30_000;
const stopTimeoutMs = 10_000;
const chatTemplate = `{{- range .Messages }}<|im_start|>{{ .Role }}
{{ .Content }}<|im_end|>
{{ end }}<|im_start|>assistant
`;

const brokenTemplate = chatTemplate.replace(/assistant\n$/, 'assistant<|im_end|>\n');

export interface OllamaOptions {
  /** Requests that the server works on at once per model. @default 4 */
  readonly numParallel?: number;
  /** Port on 127.0.0.1. @default a free one */
  readonly port?: number;
  /** Further environment variables of the server; they win over those set here. @default none */
  readonly env?: Readonly<Record<string, string>>;
}

export interface RunningOllama {
  /** Base URL, such as `http://127.0.0.1:40123`. */
  readonly host: string;
  /** Process id; except on Windows also the id of the process group that its runners belong to. */
  readonly pid: number;
  readonly binary: string;
  /** What the server prints. */
  readonly logPath: string;
  /** Ends the server and its runners; resolves when they are gone. May be called again. */
  stop(): Promise<void>;
}

/**
 * Starts `ollama serve` and waits until it answers.
 *
 * The server also ends when this process exits, or is ended by SIGINT, SIGTERM or SIGHUP, without having called `stop`.
 */
export async function startOllama(options: OllamaOptions = {}): Promise<RunningOllama> {
  const binary = await findOllama();
  if (!binary) throw new Error('no Ollama: put `ollama` on the PATH, set OLLAMA_BIN, or run scripts/install-ollama.sh');
  const host = `http://127.0.0.1:${await freePort(options.port)}`;
  const logPath = join(await mkdtemp(join(tmpdir(), 'chorale-ollama-')), 'server.log');
  const models = join(cacheFolder(), 'models');
  await mkdir(models, { recursive: true });
  const env = {
    ...withoutOllamaSettings(process.env),
    OLLAMA_HOST: host,
    OLLAMA_MODELS: models,
    OLLAMA_NUM_PARALLEL: String(options.numParallel ?? 4),
    // Servers share the folder of models: none may clear away what another one is writing.
    OLLAMA_NOPRUNE: '1',
    ...options.env,
  };
  const child = await spawnLogged(binary, ['serve'], env, logPath);
  const { pid } = child;
  if (pid === undefined) throw new Error(`${binary} has no process id`);
  const ended = once(child, 'exit').then(() => signalGroup(pid, 'SIGKILL'));
  const unguard = endWithThisProcess(pid);
  void ended.then(unguard);
  let stopping: Promise<void> | undefined;
  const stop = () => {
    stopping ??= endServer(child, pid, ended);
    return stopping;
  };
  try {
    await waitUntilReady(host, child);
  } catch (error) {
    await stop();
    throw new Error(`${binary} serve is not ready on ${host}\n${await lastLines(logPath)}`, { cause: error });
  }
  return { host, pid, binary, logPath, stop };
}

export interface ModelOptions {
  /** Threads that the model computes with; `default` leaves the choice to the server, as benches must. @default 1 */
  readonly threads?: number | 'default';
  /** Makes {@link brokenModel} instead. @default false */
  readonly broken?: boolean;
}

/** Makes {@link smallModel} on the server when it is not there yet, and returns its name. */
export async function ensureModel(
  server: Pick<RunningOllama, 'host' | 'binary'>,
  { threads = testThreads, broken = false }: ModelOptions = {},
): Promise<string> {
  const base = broken ? brokenModel : smallModel;
  const template = broken ? brokenTemplate : chatTemplate;
  const name = threads === testThreads ? base : `${base}-threads-${threads}`;
  const parameters = threads === 'default' ? '' : `PARAMETER num_thread ${threads}\n`;
  if (await isMade(server.host, name, template, parameters)) return name;
  const weights = await findWeights();
  if (!weights) throw new Error(`no weights in ${cacheFolder()}: run scripts/install-ollama.sh`);
  const folder = await mkdtemp(join(tmpdir(), 'chorale-model-'));
  try {
    const modelfile = join(folder, 'Modelfile');
    const text = `FROM ${weights}\nTEMPLATE """${template}"""\nPARAMETER stop <|im_end|>\n${parameters}`;
    await writeFile(modelfile, text);
    const env = { ...withoutOllamaSettings(process.env), OLLAMA_HOST: server.host };
    await promisify(execFile)(server.binary, ['create', name, '-f', modelfile], { env, timeout: 120_000 });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  return name;
}

/** Whether the server has the model as this script makes it, and not as an earlier version did. */
async function isMade(host: string, name: string, template: string, parameters: string): Promise<boolean> {
  const shown = await fetch(`${host}/api/show`, { method: 'POST', body: JSON.stringify({ model: name }) });
  if (!shown.ok) return false;
  const model = (await shown.json()) as { template?: string; parameters?: string };
  const threads = /num_thread\s+(\d+)/.exec(model.parameters ?? '')?.[1];
  return model.template === template && threads === /num_thread (\d+)/.exec(parameters)?.[1];
}

function withoutOllamaSettings(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !name.startsWith('OLLAMA_')));
}

/** The given port when nobody has it, or any free one: a taken port would answer in the place of our server. */
async function freePort(wanted = 0): Promise<number> {
  const probe = createServer().listen(wanted, '127.0.0.1');
  await once(probe, 'listening');
  const address = probe.address();
  probe.close();
  await once(probe, 'close');
  if (address === null || typeof address === 'string') throw new Error('no free port on 127.0.0.1');
  return address.port;
}

/** Starts a program as the leader of a process group of its own; what it prints goes into the file. */
async function spawnLogged(binary: string, args: string[], env: NodeJS.ProcessEnv, path: string) {
  const log = await open(path, 'w');
  try {
    const detached = process.platform !== 'win32';
    const child = spawn(binary, args, { detached, env, stdio: ['ignore', log.fd, log.fd] });
    await once(child, 'spawn');
    return child;
  } catch (error) {
    throw new Error(`cannot run ${binary}`, { cause: error });
  } finally {
    await log.close();
  }
}

async function waitUntilReady(host: string, child: ChildProcess): Promise<void> {
  const deadline = Date.now() + readyTimeoutMs;
  for (;;) {
    const answered = await fetch(`${host}/api/version`, { signal: AbortSignal.timeout(1_000) }).then(
      (response) => response.ok,
      () => false,
    );
    // First this: an answer after our process ended came from somebody else's server on that port.
    if (hasExited(child)) throw new Error('it ended before it answered');
    if (answered) return;
    if (Date.now() > deadline) throw new Error(`it did not answer within ${readyTimeoutMs} ms`);
    await sleep(50);
  }
}

function hasExited(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}

async function lastLines(path: string): Promise<string> {
  return (await readFile(path, 'utf8')).trimEnd().split('\n').slice(-15).join('\n');
}

/** Ends the group when this process ends; returns the function that calls this off. */
function endWithThisProcess(pid: number): () => void {
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  const onExit = () => signalGroup(pid, 'SIGTERM');
  const onSignal = (signal: NodeJS.Signals) => {
    signalGroup(pid, 'SIGTERM');
    // Listening took the signal's own effect away; where nobody else decides what it means, it has it again.
    if (process.listenerCount(signal) === 0) process.kill(process.pid, signal);
  };
  process.once('exit', onExit);
  for (const signal of signals) process.once(signal, onSignal);
  return () => {
    process.off('exit', onExit);
    for (const signal of signals) process.off(signal, onSignal);
  };
}

/** Asks the server to end, which ends its runners too; after a while it is not asked any more. */
async function endServer(child: ChildProcess, pid: number, ended: Promise<unknown>): Promise<void> {
  const waiting = new AbortController();
  const late = sleep(stopTimeoutMs, undefined, { signal: waiting.signal }).catch(() => undefined);
  child.kill('SIGTERM');
  await Promise.race([ended, late]);
  waiting.abort();
  if (!hasExited(child)) child.kill('SIGKILL');
  await ended;
  const deadline = Date.now() + stopTimeoutMs;
  while (signalGroup(pid, 0) && Date.now() < deadline) await sleep(20);
}

/** Signals the server and its runners; false when none of them is left. */
function signalGroup(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(process.platform === 'win32' ? pid : -pid, signal);
  } catch {
    return false;
  }
}

async function main(): Promise<void> {
  const server = await startOllama();
  try {
    const stopped = Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')]);
    const model = await ensureModel(server);
    console.log(`host ${server.host}\nmodel ${model}\nlog ${server.logPath}\nCtrl-C stops it`);
    await stopped;
  } finally {
    await server.stop();
  }
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) await main();
