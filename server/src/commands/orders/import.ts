import { AisleError, type ImportAnswer, type SeatLetter } from '@aisle/client/protocol';
import type { Actor } from '../../domain/actor.js';
import { readBookings, type Bookings, type ImportedItem } from '../../domain/bookings/bookings.js';
import type { LineFaults } from '../../domain/bookings/table.js';
import type { LiveEvent } from '../../domain/event.js';
import type { BookingImports, ImportConflicts, ImportedBookings } from '../../domain/ports/booking-imports.js';
import type { CommandResult } from '../../domain/ports/commands.js';
import type { OrderEffect, StoreSnapshot } from '../../domain/ports/seat-store.js';
import { failpoint } from '../../platform/failpoint.js';
import { failed } from '../answer.js';
import { openCall, requireLoaded, type Call, type CommandDeps } from '../context.js';

export interface ImportDeps extends CommandDeps {
  readonly imports: BookingImports;
}
export interface ImportRequest {
  readonly eventId: string;
  /** The file. */
  readonly csv: string;
  /** Look for faults, write nothing. */
  readonly dryRun: boolean;
  readonly requestId?: string | undefined;
}

const RETRY_AFTER_MS = 200;
const ATTEMPTS = 2;
/** Scripts under way at a time: some 20 ms of Redis, and buyers' commands go in between. */
const SETTLED_AT_ONCE = 200;

/**
 * Existing bookings from a file: all of it or nothing, every fault named by line and column (SPEC O9). A buyer who takes a
 * seat on hold while the file is being written loses it to the booking and is told.
 */
export async function importBookings(
  deps: ImportDeps,
  actor: Actor,
  request: ImportRequest,
): Promise<CommandResult<ImportAnswer>> {
  try {
    let call = await openCall(deps, actor, 'import', request);
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const answer = await tryImport(deps, call, request);
      if (answer !== null) return { ok: true, epoch: 0, seq: 0, ...answer };
      call = { ...call, live: await deps.directory.refresh(request.eventId) };
    }
    throw AisleError.of('UNAVAILABLE', { retryAfterMs: RETRY_AFTER_MS });
  } catch (error) {
    return failed(error);
  }
}

/** null: the event was loaded anew, or got another chart, meanwhile. */
async function tryImport(
  deps: ImportDeps,
  call: Call,
  { csv, dryRun }: ImportRequest,
): Promise<{ value: ImportAnswer; replayed: boolean } | null> {
  const { live, self, requestId, fingerprint } = call;
  const { id: eventId, chartVersion, currency } = live.event;
  requireLoaded(live);
  const bookings = readBookings(csv, live);
  const { orders, faults } = bookings;
  // Faults of the file alone: with half of it unread, what the rest would meet says little.
  if (faults.total > 0) throw refusal(faults, []);
  const snapshot = await deps.store.snapshot(eventId);
  const result = await deps.imports.run({
    ...{ eventId, epoch: snapshot.epoch, chartVersion, actor: self, requestId, fingerprint, orders },
    ...{ capacity: capacityOf(live, bookings), dryRun, free: free(bookings, snapshot) },
  });
  switch (result.kind) {
    case 'epoch':
      return null;
    case 'mismatch':
      throw AisleError.of('IDEMPOTENCY_MISMATCH');
    case 'status':
      throw AisleError.of('EVENT_STATE_CONFLICT', {
        message: 'Bookings are imported while the event is published, on sale or paused.',
        details: { status: result.status },
      });
    case 'refused':
      throw refuse(live, bookings, snapshot, result.conflicts);
    case 'possible': {
      if (!free(bookings, snapshot)) throw refuse(live, bookings, snapshot, NOTHING);
      const { length } = orders;
      const totalMinor = orders.reduce((sum, order) => sum + order.totalMinor, 0);
      const value = { dryRun: true, orders: length, tickets: bookings.places, totalMinor, currency, items: [] };
      return { value, replayed: false };
    }
    case 'replay':
      return { value: present(result.answer, currency), replayed: true };
    case 'done':
      await failpoint('import-after-commit');
      await settle(deps, result.effects);
      return { value: present(result.answer, currency), replayed: false };
  }
}

const present = (answer: ImportedBookings, currency: string): ImportAnswer => ({
  ...{ dryRun: false, currency, ...answer },
  items: [...answer.items],
});

const NOTHING: ImportConflicts = { externalIds: new Set(), seats: new Map(), areas: new Map() };

const SETTLE_TRIES = 5;
const SETTLE_PAUSE_MS = 200;

/** Best effort, as after every step of an order: the worker replays what is left. */
async function settle(deps: ImportDeps, effects: readonly OrderEffect[]): Promise<void> {
  for (let from = 0; from < effects.length; from += SETTLED_AT_ONCE) {
    const batch = effects.slice(from, from + SETTLED_AT_ONCE);
    for (let tries = 1; !(await settleBatch(deps, batch)); tries++) {
      if (tries === SETTLE_TRIES) return;
      await new Promise((resolve) => setTimeout(resolve, SETTLE_PAUSE_MS));
    }
  }
}

/** False: some of it is still to be done. Repeating the rest changes nothing. */
async function settleBatch({ store, imports }: ImportDeps, batch: readonly OrderEffect[]): Promise<boolean> {
  try {
    const outcomes = await Promise.all(batch.map((effect) => store.settle(effect)));
    await imports.settled(batch.filter((_effect, i) => outcomes[i]?.ok === true));
    return outcomes.every(({ ok }) => ok);
  } catch {
    // Redis or Postgres is away, or slow.
    return false;
  }
}

const itemsOf = ({ orders }: Bookings): ImportedItem[] => orders.flatMap(({ items }) => items);

function capacityOf({ chart }: LiveEvent, bookings: Bookings): ReadonlyMap<number, number> {
  const areas = itemsOf(bookings).filter(({ kind }) => kind === 'area');
  return new Map(areas.map(({ placeNo }) => [placeNo, chart.areaCapacity[placeNo] ?? 0]));
}

/** Places of each area asked for. */
function askedOf(bookings: Bookings): Map<number, number> {
  const asked = new Map<number, number>();
  for (const { kind, placeNo, quantity } of itemsOf(bookings)) {
    if (kind === 'area') asked.set(placeNo, (asked.get(placeNo) ?? 0) + quantity);
  }
  return asked;
}

/** As far as Redis knows, which alone knows what is on hold. */
function free(bookings: Bookings, { letters, areaAvailable }: StoreSnapshot): boolean {
  const seats = itemsOf(bookings).every(({ kind, placeNo }) => kind !== 'seat' || letters[placeNo] === 'a');
  return seats && [...askedOf(bookings)].every(([areaNo, quantity]) => quantity <= (areaAvailable[areaNo] ?? 0));
}

function refuse(live: LiveEvent, bookings: Bookings, snapshot: StoreSnapshot, conflicts: ImportConflicts): AisleError {
  const { faults, orders } = bookings;
  for (const { externalId, line } of orders) {
    if (conflicts.externalIds.has(externalId))
      faults.add(line, 'externalId', 'there is an order of that externalId already');
  }
  const asked = askedOf(bookings);
  const taken: { id: string; state: SeatLetter }[] = [];
  for (const { kind, placeNo, placeId, line } of itemsOf(bookings)) {
    if (kind === 'seat') {
      const state = conflicts.seats.get(placeNo) ?? letterOf(snapshot, placeNo);
      if (state === 'a') continue;
      taken.push({ id: placeId, state });
      faults.add(line, 'seat', STATES[state], 'SEAT_UNAVAILABLE');
    } else {
      const left = Math.min(conflicts.areas.get(placeNo) ?? Infinity, snapshot.areaAvailable[placeNo] ?? 0);
      const all = asked.get(placeNo) ?? 0;
      if (all > left) faults.add(line, 'area', `has ${left} places left, the file asks for ${all}`, 'AREA_FULL');
    }
  }
  return refusal(faults, live.event.publicStates === 'binary' ? taken.map(({ id }) => ({ id, state: 's' })) : taken);
}

const STATES: Readonly<Record<SeatLetter, string>> = {
  a: 'is free',
  h: 'is on hold for a buyer right now',
  r: 'is reserved by an open order',
  s: 'is sold already',
  b: 'is blocked; unblock it first',
};

function letterOf({ letters }: StoreSnapshot, seatNo: number): SeatLetter {
  const letter = letters[seatNo] ?? 'b';
  return letter === 'a' || letter === 'h' || letter === 'r' || letter === 's' ? letter : 'b';
}

const MAX_SEATS_NAMED = 1000;

/** The faults listed, and how many more there are. Where nothing but places is missing, it says so by its code. */
function refusal(faults: LineFaults, taken: readonly { id: string; state: SeatLetter }[]): AisleError {
  const { list, total } = faults;
  const [first] = list;
  const told = { faults: list, more: total - list.length };
  const where = first === undefined ? '' : `: ${first.path}: ${first.message}`;
  if (!faults.onlyTaken || taken.length === 0) {
    return AisleError.of('INVALID_REQUEST', {
      message: `The file has ${total} faults, nothing was imported${where}`,
      details: told,
    });
  }
  const named = taken.slice(0, MAX_SEATS_NAMED);
  return AisleError.of('SEAT_UNAVAILABLE', {
    message: `${taken.length} seats of the file are not free, nothing was imported${where}`,
    details: { seats: named.map(({ id }) => id), states: named.map(({ state }) => state), ...told },
  });
}
