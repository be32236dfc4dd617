import type { History, Operation, StoredGroup } from './history.js';
import { partOf, type Loss, type SeatOperation, type SeatState } from './linear-model.js';
import { search, type SearchResult, type Step } from './linear-search.js';

export type { Loss } from './linear-model.js';

export interface LinearOptions {
  /** When Redis lost what it had: a hold may be gone since then, a sale never. Times of the history's clock. */
  readonly losses?: readonly Loss[];
  /** A hold may lapse by so much before its deadline: clocks differ, answers travel. Default 50. */
  readonly slackMs?: number;
  /** I3: a hold whose deadline has passed by more than this must be gone. Default: not asked (Redis may be away). */
  readonly lingerMs?: number;
  /** Orders are answered when Postgres has them; the seat in Redis follows within this. Default 0. */
  readonly settleMs?: number;
  /** A seat for which more steps are needed fails as "gave up". Default 200,000. */
  readonly maxSteps?: number;
}

export type LinearResult =
  | { readonly ok: true; readonly seats: number; readonly ops: number }
  | { readonly ok: false; readonly seat: string; readonly explanation: string };

/**
 * I7: per seat there is an order of all operations, each at an instant between its sending and its answer, that explains every
 * answer; and a group is all or nothing. An operation on several seats is looked at seat by seat (a history is linearizable
 * if it is so for each object), its wholeness by the answers and by what was seen of the store.
 */
export function checkLinear(history: History, options: LinearOptions = {}): LinearResult {
  const { losses = [], slackMs = 50, lingerMs = Infinity, settleMs = 0, maxSteps = 200_000 } = options;
  const torn = checkGroups(history);
  if (torn !== null) return { ok: false, ...torn };
  const bySeat = new Map<string, SeatOperation[]>();
  for (const operation of history.operations) {
    for (const seat of new Set(operation.invocation.seats)) {
      const part = partOf(operation, seat, { losses, settleMs });
      const parts = bySeat.get(seat) ?? [];
      bySeat.set(seat, parts);
      if (part !== null) parts.push(part, ...forgotten(part, losses));
    }
  }
  for (const [seat, operations] of bySeat) {
    const result = search(operations, { losses, slackMs, lingerMs, maxSteps });
    if (result.is !== 'explained') return { ok: false, seat, explanation: explain(seat, operations, result) };
  }
  return { ok: true, seats: bySeat.size, ops: history.operations.length };
}

/** Sent again after a loss, a hold may have been granted before it, too, under a token that nobody heard of. */
function forgotten(part: SeatOperation, losses: readonly Loss[]): SeatOperation[] {
  const twice = part.kind === 'hold' && part.must && losses.some(({ from, to }) => from <= part.by && to >= part.from);
  if (!twice || part.claim !== 'took effect') return [];
  // An id of its own, between those of the operations.
  return [{ ...part, id: part.id + 0.5, token: `?${part.id}`, must: false, by: Infinity, until: part.from }];
}

const WAY_SHOWN = 12;

function explain(seat: string, operations: readonly SeatOperation[], result: SearchResult): string {
  if (result.is === 'explained') return '';
  if (result.is === 'gave up')
    return `seat ${seat}: gave up after ${result.steps} steps over ${operations.length} operations; neither shown nor refuted`;
  const skipped = result.way.length - WAY_SHOWN;
  return [
    `seat ${seat}: no order of its ${operations.length} operations explains all answers. The longest that does so far:`,
    ...(skipped > 0 ? [`  … ${skipped} before`] : []),
    ...result.way.slice(-WAY_SHOWN).map((step) => `  ${stepText(step)}`),
    `then the seat is ${stateText(result.state)}, and none of these can have been answered as it was:`,
    ...result.stuck.map((operation) => `  ${operationText(operation)}`),
  ].join('\n');
}

const stepText = ({ what, state }: Step): string =>
  `${typeof what === 'string' ? `(its hold ${what})` : operationText(what)} → ${stateText(state)}`;

function stateText(state: SeatState): string {
  if (state.is === 'held') return `held by ${state.token}`;
  if (state.is === 'reserved') return `reserved by ${state.token} for ${state.order}`;
  return state.is === 'sold' ? `sold to ${state.order}` : state.is;
}

function operationText({ id, client, kind, claim, token, order, letter, from, by, must }: SeatOperation): string {
  const when = `[${from.toFixed(1)}, ${by === Infinity ? '∞' : by.toFixed(1)}]`;
  const meant = ['reserve', 'confirm', 'sell', 'cancel'].includes(kind) ? `${token} ${order}` : token;
  const what = kind === 'see' ? `see ${letter}` : `${kind} ${meant}`;
  const answer = !must ? 'outcome unknown' : claim === 'took effect' ? 'ok' : `refused: ${claim}`;
  return `#${id} ${client} ${what} ${when} ${answer}`;
}

/** The first group that was granted or is held in part; null: none. */
export function checkGroups(history: History): { seat: string; explanation: string } | null {
  for (const operation of history.operations) {
    const torn = tornAnswer(operation);
    if (torn !== null) return torn;
  }
  const touched = touchedByToken(history);
  for (const { at, holds } of history.sights) {
    for (const hold of holds) {
      const torn = tornHold(history, touched, hold);
      if (torn !== null) return { ...torn, explanation: `${torn.explanation} (seen at ${at.toFixed(1)})` };
    }
  }
  return null;
}

function tornAnswer({ id, invocation, result }: Operation): { seat: string; explanation: string } | null {
  if (invocation.kind !== 'hold' || result.is !== 'ok' || result.granted.seats === undefined) return null;
  const granted = new Set(result.granted.seats);
  const missing = invocation.seats.filter((seat) => !granted.has(seat));
  if (missing.length === 0) return null;
  const what = `#${id} ${invocation.client} hold ${invocation.seats.join(' ')}`;
  return { seat: missing[0] ?? '', explanation: `${what}: granted in part, without ${missing.join(' ')}` };
}

/** Seats of a hold that something else than its own groups may have taken out of it: released, ordered, in part. */
function touchedByToken({ operations }: History): Map<string, Set<string>> {
  const touched = new Map<string, Set<string>>();
  for (const { invocation } of operations) {
    if (invocation.token === undefined || invocation.kind === 'hold' || invocation.kind === 'extend') continue;
    const seats = touched.get(invocation.token) ?? new Set();
    touched.set(invocation.token, seats);
    for (const seat of invocation.seats) seats.add(seat);
  }
  return touched;
}

function tornHold(
  { operations }: History,
  touched: ReadonlyMap<string, ReadonlySet<string>>,
  hold: StoredGroup,
): { seat: string; explanation: string } | null {
  const tokenOf = ({ invocation, result }: Operation): string | undefined =>
    (result.is === 'ok' ? result.granted.token : undefined) ?? invocation.token;
  const holding = operations.filter(({ invocation }) => invocation.kind === 'hold');
  const known = holding.some((operation) => tokenOf(operation) === hold.token);
  // Of a token that nobody heard of only the client is known.
  const groups = holding.filter((operation) =>
    known
      ? tokenOf(operation) === hold.token
      : operation.invocation.token === undefined && operation.invocation.client === hold.client,
  );
  const has = new Set(hold.seats);
  const taken = touched.get(hold.token) ?? new Set<string>();
  const whole = groups.filter(({ invocation }) => invocation.seats.every((seat) => has.has(seat) || taken.has(seat)));
  const covered = new Set(whole.flatMap(({ invocation }) => invocation.seats));
  const torn = hold.seats.filter((seat) => !covered.has(seat));
  if (torn.length === 0) return null;
  const asked = groups.map(({ id, invocation }) => `#${id} ${invocation.seats.join(' ')}`).join('; ');
  const what = `hold ${hold.token} of ${hold.client} has ${hold.seats.join(' ')}`;
  return { seat: torn[0] ?? '', explanation: `${what}: no group that was asked for whole (asked: ${asked || 'none'})` };
}
