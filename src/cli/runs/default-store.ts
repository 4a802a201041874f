/** Where runs are recorded if nothing else is said. */
export const defaultStore = '.chorale/runs.db';
