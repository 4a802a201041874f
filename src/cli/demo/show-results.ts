import type { ReviewResult } from '../../analysis/review-result.js';
import type { Summary } from '../../analysis/summary.js';
import { blankControls } from '../../foundation/text/control-characters.js';
import { shellWord } from '../../foundation/text/message-text.js';
import type { Timeline } from '../../measure/timeline/timeline.js';
import { durationOrDash, renderDuration } from '../../report/format-values.js';
import { renderSpeedup } from '../../report/render-summary.js';
import { renderTimeline, usualColumns } from '../../report/render-timeline.js';
import { coloured, paint, type Tone, wrapText } from '../../report/terminal-text.js';
import { commandName, modelWords, shortest } from '../command-name.js';
import type { DemoFlags } from '../options/command-options.js';
import { defaultModel } from '../options/run-options.js';
import type { Terminal } from '../terminal.js';
import { demoInput } from './demo-inputs.js';
import type { DemoAgent } from './find-agent.js';

const indent = '  ';

/** Prints the sections of the demo, wrapped to the terminal. Control characters of foreign texts are not printed. */
export class Story {
  constructor(readonly terminal: Terminal) {}

  /** Begins a numbered section. */
  section(number: number, title: string): Promise<void> {
    return this.heading(`${number}. ${title}`);
  }

  /** Begins a section without a number. */
  heading(title: string): Promise<void> {
    return this.terminal.print(`\n${this.inTone(title, 'heading')}\n`);
  }

  /**
   * A sentence or a table row.
   * @param further indent beyond that of the section
   */
  line(text: string, further = '', tone?: Tone): Promise<void> {
    return this.terminal.print(
      `${wrapText(this.inTone(blankControls(text), tone), this.width, `${indent}${further}`)}\n`,
    );
  }

  /** A command to copy. Where it does not fit, it is continued as a POSIX shell reads it. */
  command(words: readonly string[]): Promise<void> {
    const [first = '', ...rest] = words.map((word) => blankControls(word));
    const columns = this.width ?? Number.POSITIVE_INFINITY;
    const lines = [`${indent}${indent}${first}`];
    for (const word of rest) {
      const last = lines[lines.length - 1] ?? '';
      if (last.length + word.length + 3 <= columns) lines[lines.length - 1] = `${last} ${word}`;
      else lines.push(`${indent.repeat(3)}${word}`);
    }
    return this.terminal.print(`${lines.join(' \\\n')}\n`);
  }

  /** Rows of the workers, as wide as the section. */
  timeline(timeline: Timeline): Promise<void> {
    const text = () => renderTimeline(timeline, (this.width ?? usualColumns) - indent.length);
    const { terminal } = this;
    const rows = coloured(terminal.isColoured(terminal.io.stdout), text).trimEnd();
    return terminal.print(`${rows.replace(/^/gm, indent)}\n`);
  }

  /** The width of the terminal on stdout; undefined if stdout is none. */
  private get width(): number | undefined {
    const { isTTY, columns } = this.terminal.io.stdout;
    return isTTY ? columns || undefined : undefined;
  }

  private inTone(text: string, tone: Tone | undefined): string {
    const { terminal } = this;
    return tone === undefined ? text : coloured(terminal.isColoured(terminal.io.stdout), () => paint(text, tone));
  }
}

/** The label of a review, or ✗ and why there is none. The label is what the model answered, right or not. */
export function outcomeOf(result: ReviewResult | undefined): string {
  return result?.status === 'ok' ? `→ ${result.sentiment}` : `✗ ${result?.error ?? result?.status ?? 'not started'}`;
}

/** Counts and shares by label. */
export function sharesOf(summary: Summary): readonly string[] {
  return Object.entries(summary.sentiment).map(
    ([label, { count, share }]) => `${label.padEnd(9)} ${String(count).padStart(2)} (${(share * 100).toFixed(1)} %)`,
  );
}

/** The metrics of section 10. */
export function metricsOf(summary: Summary, results: readonly ReviewResult[]): readonly string[] {
  const later = results.slice(summary.workers).filter((result) => result.status === 'ok');
  const laterMs = later.reduce((sum, result) => sum + result.duration_ms, 0) / later.length;
  const rows: readonly (readonly [string, string])[] = [
    ['Total duration', renderDuration(summary.duration_ms)],
    ['Reviews processed', `${summary.succeeded} of ${summary.items}`],
    ['Success rate', summary.success_rate === null ? '–' : `${(summary.success_rate * 100).toFixed(1)} %`],
    ['Average per review', durationOrDash(summary.latency_ms.mean)],
    ['First wave', `${durationOrDash(summary.latency_ms.first)} (the first ${summary.workers} reviews)`],
    ['Later reviews', later.length === 0 ? '–' : durationOrDash(laterMs)],
    [
      'Throughput',
      summary.throughput_per_second === null ? '–' : `${summary.throughput_per_second.toFixed(1)} reviews/s`,
    ],
    ['Workers', `${summary.workers} (cap ${summary.worker_cap})`],
    ['In flight (mean)', summary.latency_ms.mean === null ? '–' : summary.in_flight_mean.toFixed(1)],
    ['Estimated speedup', renderSpeedup(summary, 1)],
  ];
  return rows.map(([name, value]) => `${`${name}:`.padEnd(20)} ${value}`);
}

/** What to do, and the command for it, word by word. */
interface NextStep {
  readonly says: string;
  readonly command: readonly string[];
}

/** What the reader can type next, with the model and the prompt that have just answered. */
export function nextSteps(found: DemoAgent, flags: DemoFlags, terminal: Terminal): readonly NextStep[] {
  const input = shellWord(shortest(process.cwd(), demoInput));
  const program = commandName(terminal.io);
  const model = modelWords(found.settings, flags);
  const { prompt } = found.settings;
  const promptWords = prompt === 'sentiment' ? [] : [`--prompt ${shellWord(prompt)}`];
  const withModel = found.fallback === null ? '' : '; with a model, omit --provider lexicon';
  const analyze = {
    says: `Analyse a file. Put your own in place of ${input} (CSV, TSV, JSON or Parquet), and add --text COLUMN where the column of the text is not found by itself${withModel}:`,
    command: [program, 'analyze', input, ...model, ...promptWords, '--out results.csv'],
  };
  if (found.settings.provider === 'lexicon') return found.fallback === null ? [analyze] : [getModel(found), analyze];
  return [
    analyze,
    {
      says: 'Check the server, and try the prompts on rows of your data (--label COLUMN measures their accuracy):',
      command: [program, 'doctor', input, ...model],
    },
  ];
}

function getModel({ settings, fallback }: DemoAgent): NextStep {
  const isRunning = fallback?.code === 'CHORALE_MODEL_MISSING';
  return {
    says: isRunning
      ? 'For answers of a language model: Ollama runs and has none that can answer. Get one, and run the demo again:'
      : 'For answers of a language model: install and start Ollama (https://ollama.com), get a model, and run the demo again:',
    command: [`ollama pull ${shellWord(settings.model ?? defaultModel)}`],
  };
}
