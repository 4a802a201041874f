import { codeOf, isRetryable } from '../../foundation/errors/chorale-error.js';
import { ModelMissingError, ModelUnavailableError, pullAdvice } from '../model-errors.js';
import { problemOf } from './host-failure.js';

/** A host that is down, and why. */
export interface HostDown {
  readonly server: string;
  readonly failure: unknown;
}

/** The one error for hosts all of which are down: that of a single host or of a common refusal as it is, else one that names all. */
export function nobodyUp(hosts: readonly HostDown[]): unknown {
  const [first] = hosts;
  const servers = hosts.map(({ server }) => server).join(', ');
  const missing = hosts.flatMap(({ failure }) => (failure instanceof ModelMissingError ? [failure] : []));
  const [one] = missing;
  if (one && missing.length === hosts.length) {
    if (hosts.length === 1) return one;
    const isPull = one.advice === pullAdvice(one.model, [one.host]);
    const advice = isPull
      ? pullAdvice(
          one.model,
          missing.map(({ host }) => host),
        )
      : one.advice;
    return new ModelMissingError(one.model, `each of ${servers}`, installedAnywhere(missing), advice);
  }
  const sameRefusal = hosts.every(({ failure }) => !isRetryable(failure) && codeOf(failure) === codeOf(first?.failure));
  if (hosts.length === 1 || sameRefusal) return first?.failure;
  const problems = hosts.map(({ server, failure }) => `${server}: ${problemOf(failure)}`).join('; ');
  return new ModelUnavailableError(servers, problems, { cause: first?.failure });
}

function installedAnywhere(missing: readonly ModelMissingError[]): readonly string[] | null {
  if (missing.some(({ installed }) => installed === null)) return null;
  return [...new Set(missing.flatMap(({ installed }) => installed ?? []))].sort();
}
