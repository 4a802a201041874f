import { copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { openDatabase } from '../../../src/store/libsql/open-database.js';
import { type RunningCli, startCliProcess } from '../../harness/cli-process.js';
import { runCli } from '../../harness/run-cli.js';
import type { AnsweringServer } from './answering-server.js';
import { countRows, type Output, readOutput, whyNoPrefix } from './compare-outputs.js';
import type { Workload } from './workload.js';

/** Answers that may wait for their commit when a process ends without a word: the store's promise. */
export const mostWaiting = 64;

export const workers = 16;

/** Where a run keeps what. */
export interface Places {
  readonly store: string;
  readonly out: string;
}

/** What a run that was disturbed came to. */
export interface Figures {
  readonly rows: number;
  readonly questions: number;
  /** Questions that an undisturbed run asks. */
  readonly needed: number;
  readonly lost: number;
  readonly doubled: number;
  /** The output is that of an undisturbed run, durations, attempts and `cached` aside. */
  readonly equal: boolean;
}

/** One run of the command line that is disturbed again and again, and goes on each time. */
export class DisturbedRun {
  private constructor(
    readonly workload: Workload,
    readonly server: AnsweringServer,
    readonly places: Places,
    private readonly expected: Output,
    private readonly folder: string,
  ) {}

  static create(
    folder: string,
    workload: Workload,
    server: AnsweringServer,
    expected: Output,
    places: Partial<Places> = {},
  ): DisturbedRun {
    mkdirSync(folder, { recursive: true });
    const { store = join(folder, 'runs.db'), out = join(folder, 'out.csv') } = places;
    return new DisturbedRun(workload, server, { store, out }, expected, folder);
  }

  /** Starts the command, or goes on with it: it is always the same one. */
  start(): RunningCli {
    return startCliProcess(analyzeArgs(this.workload, this.server, this.places));
  }

  /** Questions that nobody asked yet. */
  get open(): number {
    return this.workload.distinct - this.server.questions.size;
  }

  /** Everything that is to be written is. */
  isComplete(): boolean {
    return JSON.stringify(readOutput(this.places.out)) === JSON.stringify(this.expected);
  }

  /** What must hold after each end, however it came. */
  check(what: string): void {
    expect(whyNoPrefix(readOutput(this.places.out), this.expected), what).toBeNull();
    expect(this.integrity(), what).toBe('ok');
  }

  /** Lets the command come to its end, in this process, and tells what came of it all. */
  async finish(): Promise<Figures> {
    const { code, stderr } = await runCli(analyzeArgs(this.workload, this.server, this.places));
    expect(code, stderr).toBe(0);
    this.check('the end');
    const output = readOutput(this.places.out);
    const { texts, distinct } = this.workload;
    expect(this.server.questions.size, 'texts that were asked about').toBe(distinct);
    return {
      rows: texts.length,
      questions: this.server.asked,
      needed: distinct,
      ...countRows(output, texts.length),
      equal: this.isComplete(),
    };
  }

  /** Of a copy: looking at the store itself would mend what the next process must mend. */
  private integrity(): unknown {
    const { store } = this.places;
    if (!existsSync(store)) return 'ok';
    // A place of its own each time: a log of an earlier copy would be taken for this one's.
    const place = mkdtempSync(join(this.folder, 'copy-'));
    const copy = join(place, 'runs.db');
    for (const end of ['', '-wal']) {
      if (existsSync(store + end)) copyFileSync(store + end, copy + end);
    }
    const database = openDatabase(copy);
    try {
      return database.prepare('PRAGMA integrity_check').get()?.integrity_check;
    } finally {
      database.close();
      rmSync(place, { recursive: true, force: true });
    }
  }
}

/** The command of all these runs. */
export function analyzeArgs(
  { path, promptPath }: Workload,
  { host }: AnsweringServer,
  { store, out }: Places,
): string[] {
  const question = ['--model', 'small', '--host', host, '--prompt', promptPath, '--text', 'text', '--id', 'key'];
  return ['analyze', path, ...question, '--workers', String(workers), '--store', store, '--out', out];
}
