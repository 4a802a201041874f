#!/usr/bin/env node
import { forgetLostTerminal, listenEarly } from './early-signals.js';
import { loadInOrder } from './load-in-order.js';

listenEarly();
forgetLostTerminal();
try {
  await loadInOrder(new URL('./main.js', import.meta.url));
  const [{ main }, { processIo }] = await Promise.all([import('./main.js'), import('./process-io.js')]);
  process.exitCode = await main(process.argv.slice(2), processIo());
} catch (error) {
  if (!(error instanceof Error && 'code' in error && error.code === 'EMFILE')) throw error;
  process.stderr.write(
    'error: too few files may be open at once (EMFILE); allow more, as with ulimit -n 1024, and run again [CHORALE_INPUT]\n',
  );
  process.exitCode = 3;
}
