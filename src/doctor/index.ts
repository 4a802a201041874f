export type { Check } from './check.js';
export { checkGpu, checkServer } from './check-server.js';
export type { Estimate } from './estimate.js';
export { examineHost, type HostDiagnosis, isHealthy } from './examine-host.js';
