import { nodeRuntime } from '../../foundation/runtime.js';
import type { PullProgress } from '../../model/ollama/manage-models.js';
import { renderBytes } from '../../report/format-values.js';
import { clipped } from '../../report/terminal-text.js';
import type { Terminal } from '../terminal.js';

/** Shows how far several downloads are. */
interface PullDisplay {
  /** @param name model and host, for people */
  update(name: string, progress: PullProgress): void;
  /** Leaves what was drawn, so that other lines can follow. */
  end(): void;
}

const redrawEveryMs = 100;
const lineEveryMs = 5_000;

/** A bar for each layer on a terminal, a plain line every few seconds elsewhere, nothing with `--quiet`. On stderr. */
export function showPulls(terminal: Terminal): PullDisplay {
  if (terminal.quiet) return { update() {}, end() {} };
  return terminal.liveColumns() === null ? plainLines(terminal) : liveBars(terminal);
}

function liveBars(terminal: Terminal): PullDisplay {
  const lines = new Map<string, string>();
  let drawnLines = 0;
  let drawnAt = Number.NEGATIVE_INFINITY;
  const draw = () => {
    const up = drawnLines > 0 ? `\u001b[${drawnLines}A` : '';
    const width = Math.max(10, (terminal.liveColumns() ?? 80) - 1);
    const text = [...lines.values()].map((line) => `\r${clipped(line, width)}\u001b[K\n`).join('');
    terminal.io.stderr.write(`${up}${text}`);
    drawnLines = lines.size;
  };
  return {
    update(name, progress) {
      // A layer keeps its line; steps that are about no layer share one.
      lines.set(`${name} ${progress.layer ?? ''}`, renderPull(name, progress));
      if (nodeRuntime.now() - drawnAt < redrawEveryMs) return;
      drawnAt = nodeRuntime.now();
      draw();
    },
    end() {
      if (lines.size > 0) draw();
    },
  };
}

function plainLines(terminal: Terminal): PullDisplay {
  const told = new Map<string, { readonly at: number; readonly step: string }>();
  return {
    update(name, progress) {
      const step = progress.layer ?? progress.status;
      const last = told.get(name);
      if (last?.step === step && nodeRuntime.now() - last.at < lineEveryMs) return;
      told.set(name, { at: nodeRuntime.now(), step });
      terminal.log(renderPull(name, progress));
    },
    end() {},
  };
}

const barWidth = 24;

/** `llama3.2:3b at 127.0.0.1:11434  dde5aa3fc5ff  ████████░░░░  42 % of 2.02 GB` */
function renderPull(name: string, progress: PullProgress): string {
  const { status, layer, completedBytes, totalBytes } = progress;
  if (layer === null || totalBytes === null || totalBytes === 0) return `${name}  ${status}`;
  const share = Math.min(1, (completedBytes ?? 0) / totalBytes);
  const filled = Math.floor(share * barWidth);
  const bar = `${'█'.repeat(filled)}${'░'.repeat(barWidth - filled)}`;
  return `${name}  ${shortDigest(layer)}  ${bar}  ${Math.floor(share * 100)} % of ${renderBytes(totalBytes)}`;
}

/** The 12 hex digits by which people know a layer. */
function shortDigest(digest: string): string {
  return digest.replace(/^sha256:/, '').slice(0, 12);
}
