import { nodeRuntime, type Runtime } from '../../src/foundation/runtime.js';

/** The runtime of Node, in which a retry with full jitter waits for nothing. */
export const withoutBackoff: Runtime = { ...nodeRuntime, random: () => 0 };
