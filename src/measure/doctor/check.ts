/** What was found out about one thing. */
export interface Check {
  /** What was looked at, in a word or two. */
  readonly name: string;
  /** `wrong`: a run would fail; `warning`: it would work, and worse than it could; `unknown`: it cannot be found out. */
  readonly status: 'ok' | 'warning' | 'wrong' | 'unknown';
  /** What was found, in one sentence for people. */
  readonly says: string;
  /** The command that mends it; null where there is nothing to mend, or no command for it. */
  readonly mend: string | null;
}

/** A thing that is as it should be. */
export function fine(name: string, says: string): Check {
  return { name, status: 'ok', says, mend: null };
}

/** A thing that cannot be found out. */
export function unknown(name: string, says: string): Check {
  return { name, status: 'unknown', says, mend: null };
}

/** A thing with which a run works, and worse than it could. */
export function warning(name: string, says: string, mend: string | null): Check {
  return { name, status: 'warning', says, mend };
}

/** A thing with which a run fails. */
export function wrong(name: string, says: string, mend: string | null): Check {
  return { name, status: 'wrong', says, mend };
}
