import { closeSync, openSync, readFileSync, renameSync, rmSync, statSync, writeSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';

const ROTATE_AT_BYTES = 20 * 1024 * 1024;
const TAIL_BYTES = 4096;
/** pino's numbers. */
const LEVEL_NAMES: Readonly<Record<number, string>> = {
  10: 'trace',
  20: 'debug',
  30: 'info',
  40: 'warn',
  50: 'error',
  60: 'fatal',
};

/** Opens logs/<name>.log for appending; one older file of up to 20 MB is kept. Answers its descriptor and path. */
export function openLog(folder: string, name: string): { fd: number; file: string } {
  const file = path.join(folder, `${name}.log`);
  const size = statSync(file, { throwIfNoEntry: false })?.size ?? 0;
  if (size > ROTATE_AT_BYTES) {
    rmSync(`${file}.1`, { force: true });
    renameSync(file, `${file}.1`);
  }
  return { fd: openSync(file, 'a', 0o600), file };
}

/** The last lines of a log: what the part said before it fell. */
export function lastLines(file: string, count: number): string[] {
  try {
    const text = readFileSync(file, 'utf8').slice(-TAIL_BYTES);
    return text
      .split('\n')
      .filter((line) => line.trim() !== '')
      .slice(-count)
      .map((line) => readable(line) ?? line);
  } catch {
    return [];
  }
}

interface LogLine {
  readonly level: number;
  readonly text: string;
  /** It says why, as "uWebSockets.js does not load here" does. */
  readonly hasReason: boolean;
}

/** What else of a line helps a person; the rest is in the file. */
const TOLD_FIELDS = ['method', 'route', 'status', 'eventId', 'reason', 'why'] as const;

function parseLine(line: string): LogLine | null {
  if (!line.startsWith('{')) return null;
  try {
    const parsed: unknown = JSON.parse(line);
    if (typeof parsed !== 'object' || parsed === null) return null;
    const fields = new Map<string, unknown>(Object.entries(parsed));
    const level = fields.get('level');
    if (typeof level !== 'number') return null;
    const told = ['msg', ...TOLD_FIELDS].map((name) => fields.get(name));
    const words = told.filter((value) => typeof value === 'string' || typeof value === 'number').join(' ');
    return { level, text: `${words}${cause(fields.get('err'))}`, hasReason: fields.has('reason') };
  } catch {
    return null;
  }
}

function cause(error: unknown): string {
  if (typeof error !== 'object' || error === null || !('message' in error)) return '';
  return typeof error.message === 'string' ? `: ${error.message}` : '';
}

function readable(line: string): string | null {
  const parsed = parseLine(line);
  return parsed === null ? null : `${LEVEL_NAMES[parsed.level] ?? parsed.level} ${parsed.text}`;
}

/** From which of pino's levels on a line is shown on the console; it may change while the process runs. */
export type ConsoleLevel = () => number;
export const CONSOLE_LEVELS = { everything: 0, warnings: 40, errors: 50 } as const;

/**
 * Every line of a child to its file; those of the asked level also to the console, shortened for people. A line that is
 * no JSON, a stack on standard error say, always goes to the console.
 */
export function followOutput(
  name: string,
  streams: readonly (Readable | null)[],
  fd: number,
  consoleLevel: ConsoleLevel,
): Promise<void> {
  const ended = streams
    .filter((stream) => stream !== null)
    .map(
      (stream) =>
        new Promise<void>((resolve) => {
          const lines = createInterface({ input: stream });
          lines.on('line', (line) => {
            writeSync(fd, `${line}\n`);
            const least = consoleLevel();
            // Most lines are below warn: told apart without parsing them.
            if (least >= CONSOLE_LEVELS.warnings && /^\{"level":[123]0,/.test(line)) return;
            const parsed = parseLine(line);
            if (parsed === null || parsed.level >= least || isNews(parsed)) show(name, readable(line) ?? line);
          });
          lines.on('close', () => resolve());
        }),
    );
  return Promise.all(ended).then(() => closeSync(fd));
}

/** A warning with a reason is told at any time; the others only once all parts are there. */
const isNews = (line: LogLine): boolean => line.level >= CONSOLE_LEVELS.warnings && line.hasReason;

function show(name: string, text: string): void {
  const time = new Date().toTimeString().slice(0, 8);
  process.stdout.write(`${time} ${name.padEnd(8)} ${text}\n`);
}
