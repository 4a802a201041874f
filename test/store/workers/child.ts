import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Event } from '../../../src/foundation/events/event.js';

const program = fileURLToPath(new URL('process.ts', import.meta.url));

/** How a worker ended. */
export interface End {
  readonly value?: unknown;
  readonly code?: string;
  readonly forGood?: boolean;
  readonly message?: string;
  readonly events: readonly Event[];
}

const living = new Set<Child>();

/** Ends those that a test which failed has left behind. */
export async function endChildren(): Promise<void> {
  await Promise.all([...living].map((child) => child.kill()));
}

/** A worker in a process of its own. */
export class Child {
  /** Told once by a worker that has come to its pause. */
  readonly paused: Promise<void>;
  readonly end: Promise<End>;
  /** The signal that ended the process, if one did. */
  readonly closed: Promise<NodeJS.Signals | null>;
  private readonly process: ChildProcess;

  constructor(task: string, path: string, name: string, leaseMs = 600_000) {
    const args = ['--import', 'tsx', program, task, path, `${path}.log`, name, String(leaseMs)];
    this.process = spawn(process.execPath, args, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
    this.closed = new Promise((resolve) => this.process.once('close', (_, signal) => resolve(signal)));
    living.add(this);
    void this.closed.then(() => living.delete(this));
    const gone = this.closed.then((signal) => Promise.reject(new Error(`worker ${name} is gone: ${signal}`)));
    gone.catch(() => {});
    const told = (what: string) =>
      new Promise<End>((resolve) => {
        this.process.on('message', (message: End & { readonly tells: string }) => {
          if (message.tells === what) resolve(message);
        });
      });
    this.paused = Promise.race([told('pause').then(() => {}), gone]);
    this.end = Promise.race([told('end'), gone]);
    this.end.catch(() => {});
    this.paused.catch(() => {});
  }

  say(word: 'go' | 'stop'): void {
    this.process.send(word);
  }

  kill(): Promise<NodeJS.Signals | null> {
    this.process.kill('SIGKILL');
    return this.closed;
  }
}

/** What ran, by whom, in order. */
export function ranIn(path: string): string[] {
  return readFileSync(`${path}.log`, 'utf8').trimEnd().split('\n');
}
