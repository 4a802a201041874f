import type { OllamaServer } from './manage-models.js';
import type { InstalledModel } from './model-facts.js';

/** A model that the server has, and why it was chosen. */
interface ModelChoice {
  readonly model: InstalledModel;
  /** For people, to follow "it is". */
  readonly because: string;
}

/** Larger ones are slow on most machines without a server's GPU. */
const quickEnough = 9e9;

/** Names of models that make vectors, where the server does not tell what a model can do. */
const embeds = /embed|bert|bge-|minilm|e5-/i;

/**
 * Chooses among the models of a server: one that is loaded, else the largest of at most 9 billion parameters, else the
 * smallest. Models that write no text are passed over, and models that compute on another machine: the reviews would leave
 * this one.
 * @returns undefined if no model can answer
 */
export async function chooseModel(
  server: Pick<OllamaServer, 'facts'>,
  installed: readonly InstalledModel[],
  signal: AbortSignal,
): Promise<ModelChoice | undefined> {
  const local = installed.filter(({ remote }) => !remote).sort(bySuitability);
  for (const model of local) if (await writesText(server, model, signal)) return { model, because: reasonFor(model) };
  return undefined;
}

function bySuitability(a: InstalledModel, b: InstalledModel): number {
  if (a.loaded !== b.loaded) return a.loaded ? -1 : 1;
  const [left, right] = [rank(a), rank(b)];
  return left - right || a.name.localeCompare(b.name, 'en');
}

/** Smaller is better: quick ones from the largest on, then those of unknown size, then the others from the smallest on. */
function rank({ parameters }: InstalledModel): number {
  if (parameters === null) return 0;
  return parameters <= quickEnough ? -parameters : parameters;
}

function reasonFor({ loaded, parameters }: InstalledModel): string {
  if (loaded) return 'loaded already';
  if (parameters === null) return 'installed';
  return parameters <= quickEnough
    ? 'the largest installed model of at most 9 billion parameters'
    : 'the smallest installed model';
}

async function writesText(
  server: Pick<OllamaServer, 'facts'>,
  { name }: InstalledModel,
  signal: AbortSignal,
): Promise<boolean> {
  try {
    const { capabilities } = await server.facts(name, { signal });
    return capabilities?.includes('completion') ?? !embeds.test(name);
  } catch {
    signal.throwIfAborted();
    return false;
  }
}
