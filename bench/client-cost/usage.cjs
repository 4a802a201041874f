// Loaded before a measured program: when it ends, it adds what the process has used to the file of CLIENT_COST_USAGE.
const { appendFileSync } = require('node:fs');
const { isMainThread } = require('node:worker_threads');

const path = process.env.CLIENT_COST_USAGE;
if (isMainThread && path) {
  process.on('exit', () => {
    const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage();
    appendFileSync(
      path,
      `${JSON.stringify({ cpuMs: (userCPUTime + systemCPUTime) / 1_000, peakMb: maxRSS / 1_024 })}\n`,
    );
  });
}
