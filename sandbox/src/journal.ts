import { appendFileSync, existsSync, readFileSync } from 'node:fs';

/** Amounts are minor units. `capturedMinor` and `refundedMinor` are money that really moved. */
export interface Charge {
  readonly id: string;
  readonly status: 'requires_token' | 'processing' | 'succeeded' | 'cancelled';
  readonly amountMinor: number;
  readonly currency: string;
  readonly capturedMinor: number;
  readonly refundedMinor: number;
  readonly metadata: Readonly<Record<string, string>>;
  readonly clientSecret: string;
  /** Of the last token that was refused. */
  readonly declineCode: string | null;
  /** The token that paid it. */
  readonly token: string | null;
  readonly createdAt: string;
}
export interface Refund {
  readonly id: string;
  readonly chargeId: string;
  readonly status: 'pending' | 'succeeded' | 'failed';
  readonly amountMinor: number;
  readonly currency: string;
  readonly metadata: Readonly<Record<string, string>>;
  readonly createdAt: string;
}
/** A movement of money, in order. */
export interface Movement {
  readonly kind: 'capture' | 'refund';
  readonly chargeId: string;
  readonly amountMinor: number;
  readonly currency: string;
  readonly at: string;
}

/** The answer that an idempotency key was given once. */
export interface RememberedAnswer {
  readonly status: number;
  readonly body: object;
}

export type JournalEntry =
  | { readonly kind: 'charge'; readonly value: Charge }
  | { readonly kind: 'refund'; readonly value: Refund }
  | { readonly kind: 'movement'; readonly value: Movement }
  | { readonly kind: 'key'; readonly value: { key: string; request: string; answer: RememberedAnswer } };
export interface Journal {
  entries(): readonly JournalEntry[];
  add(entry: JournalEntry): void;
}

/** A line an entry: a sandbox that was stopped knows its charges again. Written before the answer goes out. */
export function fileJournal(file: string): Journal {
  return {
    entries: () => (existsSync(file) ? readFileSync(file, 'utf8').split('\n').flatMap(parseLine) : []),
    add: (entry) => appendFileSync(file, `${JSON.stringify(entry)}\n`, { mode: 0o600 }),
  };
}

/** The last line may be cut off where the machine went down; whatever it would have said was never answered. */
function parseLine(line: string): JournalEntry[] {
  try {
    return [JSON.parse(line) as JournalEntry];
  } catch {
    return [];
  }
}
