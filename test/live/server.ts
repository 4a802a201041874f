import type { TestProject } from 'vitest/node';
import { findOllama, findWeights, installOllama } from '../../scripts/ollama-installation.js';
import { ensureModel, type RunningOllama, startOllama } from '../../scripts/ollama-server.js';

/** The server that all live test files share. */
export interface LiveOllama {
  readonly host: string;
  readonly model: string;
  /** The same weights behind a chat template that does not fit. */
  readonly broken: string;
}

declare module 'vitest' {
  interface ProvidedContext {
    ollama: LiveOllama | { readonly unavailable: string };
  }
}

/** Starts the one real server of the run. Where that cannot be, the reason is provided, and `liveTest` decides. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  let server: RunningOllama | undefined;
  try {
    if (process.env.CI === 'true' && !((await findOllama()) && (await findWeights()))) await installOllama();
    server = await startOllama({ numParallel: 4 });
    const [model, broken] = [await ensureModel(server), await ensureModel(server, { broken: true })];
    project.provide('ollama', { host: server.host, model, broken });
  } catch (error) {
    await server?.stop();
    const unavailable = error instanceof Error ? error.message : String(error);
    project.vitest.logger.warn(`live tests: ${unavailable}`);
    project.provide('ollama', { unavailable });
  }
  return async () => server?.stop();
}
