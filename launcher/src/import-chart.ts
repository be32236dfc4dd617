import { existsSync, realpathSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import type { Fault } from '@aisle/client/protocol';
import { CHART_FORMATS, importChart, type ChartFormat } from '../../server/src/domain/chart/importers/index.js';

const EXIT_OK = 0;
const EXIT_FAULTS = 1;
const EXIT_USAGE = 2;

const HELP = `Usage: import-chart [--from auto|seatsio|pretix|csv] [--out FILE] FILE|-

Turns a seating chart into aisle-chart/1, the format of POST /v1/events.

  FILE, -       the chart to read; - is standard input
  --from FORM   seatsio  a seats.io chart drawing (JSON)
                pretix   a pretix seating plan (JSON)
                csv      a table with a header: id, section, row, number, x, y, category, accessible,
                         companion, restrictedView, entrance; areas: capacity, width, height, label
                auto     found out from the content (the default)
  --out FILE    where to write; standard output otherwise
  --help        this text

Notes on what was guessed or left out go to standard error. Exit status: 0 written, 1 the chart has faults
(listed one a line on standard error, nothing written), 2 wrong usage or a file that cannot be read or written.
`;

/** Where it reads and writes; tests put their own in. */
export interface Terminal {
  readonly stdin: NodeJS.ReadableStream;
  out(chunk: string): void;
  err(line: string): void;
}
const PROCESS: Terminal = {
  stdin: process.stdin,
  out: (chunk) => void process.stdout.write(chunk),
  err: (line) => void process.stderr.write(`${line}\n`),
};

/** `argv`: arguments alone, without node and script. Answers the exit status; never throws for a user's mistake. */
export async function main(argv: readonly string[], terminal: Terminal = PROCESS): Promise<number> {
  const options = optionsOf(argv);
  if (typeof options === 'string') {
    terminal.err(`import-chart: ${options}`);
    terminal.err('Try import-chart --help');
    return EXIT_USAGE;
  }
  if (options.help) {
    terminal.out(HELP);
    return EXIT_OK;
  }
  const input = await reading(options.file, terminal);
  if (!input.ok) {
    terminal.err(`import-chart: cannot read ${options.file}: ${input.why}`);
    return EXIT_USAGE;
  }
  const result = importChart(input.text, options.from);
  if (!result.ok) {
    for (const fault of result.faults) terminal.err(lineOf(options.file, fault));
    return EXIT_FAULTS;
  }
  for (const note of result.notes) terminal.err(`note: ${note}`);
  const json = `${JSON.stringify(result.chart)}\n`;
  return writing(options.out, json, `${result.chart.seats.length} seats, ${result.chart.areas.length} areas`, terminal);
}

interface Options {
  readonly help: boolean;
  readonly from: ChartFormat | 'auto';
  readonly file: string;
  readonly out: string | undefined;
}
/** A text is what is wrong with the arguments. */
function optionsOf(argv: readonly string[]): Options | string {
  try {
    const { values, positionals } = parseArgs({
      args: [...argv],
      allowPositionals: true,
      options: { help: { type: 'boolean', short: 'h' }, from: { type: 'string' }, out: { type: 'string', short: 'o' } },
    });
    if (values.help === true) return { help: true, from: 'auto', file: '-', out: undefined };
    const from = ['auto', ...CHART_FORMATS].find((format) => format === (values.from ?? 'auto'));
    if (from === undefined) return `--from must be auto, seatsio, pretix or csv, not "${values.from}"`;
    const [file, ...more] = positionals;
    if (file === undefined) return 'name the file to read, or - for standard input';
    if (more.length > 0) return `one file at a time: what is "${more[0]}"?`;
    return { help: false, from: from as ChartFormat | 'auto', file, out: values.out };
  } catch (error) {
    return messageOf(error);
  }
}

type Reading = { readonly ok: true; readonly text: string } | { readonly ok: false; readonly why: string };
async function reading(file: string, terminal: Terminal): Promise<Reading> {
  try {
    return { ok: true, text: file === '-' ? await text(terminal.stdin) : await readFile(file, 'utf8') };
  } catch (error) {
    return { ok: false, why: messageOf(error) };
  }
}

async function writing(out: string | undefined, json: string, summary: string, terminal: Terminal): Promise<number> {
  if (out === undefined) {
    terminal.out(json);
    terminal.err(summary);
    return EXIT_OK;
  }
  try {
    await writeFile(out, json);
  } catch (error) {
    terminal.err(`import-chart: cannot write ${out}: ${messageOf(error)}`);
    return EXIT_USAGE;
  }
  terminal.err(`${summary} → ${out}`);
  return EXIT_OK;
}

/** One line whatever the fault holds: "hall.csv: line 7, column x: must be … [NOT_FINITE]". */
function lineOf(file: string, { path, message, code }: Fault): string {
  const parts = [file === '-' ? 'standard input' : file, path, message].filter((part) => part !== '');
  return `${parts.join(': ')}${code === undefined ? '' : ` [${code}]`}`.replaceAll(/[\r\n]+/g, ' ');
}

function messageOf(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).replaceAll(/[\r\n]+/g, ' ');
}

/** Started as a command, whatever link or relative path named it. */
function isCommand(): boolean {
  const script = process.argv[1];
  return script !== undefined && existsSync(script) && realpathSync(script) === fileURLToPath(import.meta.url);
}

if (isCommand()) {
  // A reader that has seen enough (| head) is no error.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });
  process.exitCode = await main(process.argv.slice(2));
}
