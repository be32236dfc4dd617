import { createInterface } from 'node:readline/promises';

/** Where a command reads its settings and says what it has to say. */
export interface Terminal {
  readonly env: Readonly<Record<string, string | undefined>>;
  out(line: string): void;
  err(line: string): void;
  /** Colours on what goes to `out`. Default: no. */
  readonly color?: boolean;
  /** Where progress bars are drawn; absent: there is no TTY, progress is told in lines. */
  readonly bars?: NodeJS.WritableStream;
  /** Asks the person in front of it; absent: there is none. */
  readonly ask?: (question: string) => Promise<string>;
  /** Aborted by Ctrl-C. */
  readonly signal?: AbortSignal;
}

/** Colours where the output is a TTY, unless NO_COLOR is set (no-color.org) or the terminal can show none. */
const wantsColor = (env: NodeJS.ProcessEnv): boolean =>
  process.stdout.isTTY && (env.NO_COLOR ?? '') === '' && env.TERM !== 'dumb';

async function ask(question: string, signal: AbortSignal): Promise<string> {
  // On standard error: what is on standard output may be piped somewhere.
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  // readline takes Ctrl-C for itself.
  lines.once('SIGINT', () => process.kill(process.pid, 'SIGINT'));
  try {
    return await lines.question(question, { signal });
  } finally {
    lines.close();
  }
}

export function processTerminal(signal: AbortSignal): Terminal {
  const { env, stdin, stdout, stderr } = process;
  return {
    ...{ env, signal, color: wantsColor(env) },
    out: (line) => void stdout.write(`${line}\n`),
    err: (line) => void stderr.write(`${line}\n`),
    ...(stderr.isTTY ? { bars: stderr } : {}),
    ...(stdin.isTTY && stderr.isTTY ? { ask: (question) => ask(question, signal) } : {}),
  };
}
