#!/usr/bin/env node
import { listenEarly } from './signals/early-signals.js';

listenEarly();
const { forgetLostTerminal } = await import('./lost-terminal.js');
const { main } = await import('./main.js');
forgetLostTerminal();
process.exitCode = await main(process.argv.slice(2));
