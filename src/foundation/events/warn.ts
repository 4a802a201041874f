/** Tells the person who runs the process about something that must not stop it. */
export type Warn = (message: string) => void;

/** Warns through Node's own channel: shown once on stderr, silenced by `--no-warnings`. */
export const emitWarning: Warn = (message) => process.emitWarning(message, 'ChoraleWarning');
