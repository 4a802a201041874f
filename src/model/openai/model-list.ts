import { z } from 'zod';

const entries = z.array(z.object({ id: z.string() }));
const listBody = z.union([entries, z.object({ data: entries.nullish(), has_more: z.boolean().optional() })]);

/** Statuses of servers that have no such list. */
const noSuchRoute = new Set([404, 405, 501]);

/** Whether a response says that the server keeps no list of models. */
export function hasNoList(status: number): boolean {
  return noSuchRoute.has(status);
}

/** The names of all models of a server; null where the body is no complete list. */
export function namesIn(body: unknown): readonly string[] | null {
  const checked = listBody.safeParse(body);
  if (!checked.success) return null;
  if (Array.isArray(checked.data)) return checked.data.map(({ id }) => id);
  if (checked.data.has_more === true || checked.data.data === undefined) return null;
  return checked.data.data?.map(({ id }) => id) ?? [];
}

/** Whether a list has a model. Ollama implies the tag `latest`, and Google's names stand in a folder. */
export function listsModel(names: readonly string[], model: string): boolean {
  return [model, `${model}:latest`, `models/${model}`].some((name) => names.includes(name));
}
