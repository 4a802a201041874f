import { nodeRuntime } from '../../src/foundation/node-runtime.js';
import type { Runtime } from '../../src/foundation/runtime.js';

/** The runtime of Node, in which a retry with full jitter waits for nothing. */
export const withoutBackoff: Runtime = { ...nodeRuntime, random: () => 0 };
