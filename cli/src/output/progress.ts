import { Presets, SingleBar } from 'cli-progress';
import type { Terminal } from '../terminal.js';

/** How far some long work is. On a TTY a bar, else a line now and then on standard error; nothing with --json. */
export interface Progress {
  /** `done` of the total; never goes back. */
  set(done: number): void;
  /** One more, or `by` more. */
  tick(by?: number): void;
  /** Ends it; may be called twice. Before anything else is printed. */
  stop(): void;
}
export interface ProgressOptions {
  readonly label: string;
  readonly total: number;
  /** With --json nothing is shown. */
  readonly json?: boolean | undefined;
}

/** Without a TTY: a line this often, or a log fills with them. */
const LINE_EVERY_MS = 2000;
/** Work that ends sooner shows no bar that would only flicker. */
const FIRST_AFTER_MS = 300;

export function createProgress(terminal: Terminal, options: ProgressOptions): Progress {
  const { label, total } = options;
  const show =
    options.json === true ? nothing : terminal.bars === undefined ? lines(terminal, options) : bar(terminal, options);
  let done = 0;
  const set = (value: number): void => {
    done = Math.min(total, Math.max(done, value));
    show.at(done);
  };
  return { set, tick: (by = 1) => set(done + by), stop: () => show.end(`${label}: ${done} of ${total}`) };
}

interface Shown {
  at(done: number): void;
  end(line: string): void;
}

const nothing: Shown = { at: () => undefined, end: () => undefined };

function lines(terminal: Terminal, { label, total }: ProgressOptions): Shown {
  let saidAtMs = performance.now();
  let said = false;
  return {
    at(done) {
      if (performance.now() - saidAtMs < LINE_EVERY_MS) return;
      saidAtMs = performance.now();
      said = true;
      terminal.err(`${label}: ${done} of ${total}`);
    },
    end(line) {
      if (said) terminal.err(line);
      said = false;
    },
  };
}

function bar({ bars }: Terminal, { label, total }: ProgressOptions): Shown {
  const startedAtMs = performance.now();
  let drawn: SingleBar | undefined;
  let over = false;
  return {
    at(done) {
      if (over || performance.now() - startedAtMs < FIRST_AFTER_MS) return;
      if (drawn === undefined) {
        drawn = new SingleBar(
          {
            ...{ format: `${label} {bar} {value}/{total} {eta_formatted}`, hideCursor: true, clearOnComplete: true },
            ...(bars === undefined ? {} : { stream: bars }),
            // Ctrl-C is ours; the bar ends with the command.
            gracefulExit: false,
          },
          Presets.shades_grey,
        );
        drawn.start(total, done);
      }
      drawn.update(done);
    },
    end() {
      over = true;
      drawn?.stop();
      drawn = undefined;
    },
  };
}
