import { appendFileSync } from 'node:fs';
import { recorded } from './scale.js';

/** What one row of the list of faults came to: a line of the table in tests/faults/README.md. */
export interface RowResult {
  /** 1 to 28. */
  readonly row: number;
  /** What was done, e.g. "kill -9 of redis-server under 40 buyers". */
  readonly what: string;
  /** How often, with its unit: "1,000 rounds". */
  readonly ran: string;
  /** What was seen, with figures: "one winner each; slowest answer 212 ms". */
  readonly result: string;
}

/** Prints a row's figures, and hands them to the runner (`npm run test:faults`) where it asked for them. */
export function reportRow(result: RowResult): void {
  process.stdout.write(`row ${result.row}: ${result.what} · ${result.ran} · ${result.result}\n`);
  const file = recorded();
  if (file !== undefined) appendFileSync(file, `${JSON.stringify(result)}\n`);
}
