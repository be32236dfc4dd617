import { jsonFault } from './json-fault.js';

/** A chart file as it was chosen. */
export interface ReadFile {
  readonly name: string;
  readonly bytes: number;
  readonly json: unknown;
}
export interface FileFault {
  readonly message: string;
  readonly todo: string;
  /** The line of the file where it is, if that is known. */
  readonly line?: { readonly number: number; readonly text: string };
}

const MIB_BYTES = 1024 * 1024;
/** What the server takes. */
export const MAX_FILE_BYTES = 64 * MIB_BYTES;

/** Reads a file as JSON, or says what it is instead and what to do. */
export async function readChartFile(file: File): Promise<ReadFile | FileFault> {
  if (file.size === 0)
    return { message: 'This file is empty.', todo: 'Export the chart again, then choose that file.' };
  if (file.size > MAX_FILE_BYTES) {
    return {
      message: `This file has ${Math.round(file.size / MIB_BYTES)} MB; at most 64 MB can be sent.`,
      todo: 'Leave out what is not needed of it (pictures, history), or split the hall into two events.',
    };
  }
  const text = await file.text();
  const start = text.trimStart().slice(0, 1);
  if (/\.csv$/i.test(file.name) || (start !== '{' && start !== '[')) return notJson(file.name);
  try {
    return { name: file.name, bytes: file.size, json: JSON.parse(text) as unknown };
  } catch {
    return brokenJson(text);
  }
}

function notJson(name: string): FileFault {
  const table = /\.(csv|tsv|txt)$/i.test(name);
  return {
    message: table ? 'This is a table, not a chart file.' : 'This is no JSON file.',
    todo: table
      ? 'Turn it into a chart on the server, npm run import-chart -- hall.csv --out hall.json, and choose hall.json here.'
      : 'Choose a chart in Aisle’s form (aisle-chart/1), a seats.io drawing or a pretix seating plan, exported as JSON.',
  };
}

function brokenJson(text: string): FileFault {
  const fault = jsonFault(text);
  const at = fault === undefined ? {} : { line: { number: fault.line, text: fault.text } };
  return {
    message: `This file is broken: ${fault?.expected ?? 'it is not valid JSON'}.`,
    todo: 'It may have been cut off or edited by hand. Export it again, or mend it here.',
    ...at,
  };
}

export const isFileFault = (read: ReadFile | FileFault): read is FileFault => 'todo' in read;
