#!/usr/bin/env node
import { forgetLostTerminal } from './lost-terminal.js';
import { main } from './main.js';

forgetLostTerminal();
process.exitCode = await main(process.argv.slice(2));
