import type { CreateEvent, Fault, PatchEvent, Prices, SeatEvent } from '@aisle/client/protocol';
import type { EventFields } from '../db/events/events.js';
import { canonicalJson } from '../domain/chart/canonical.js';

const DEFAULT_HOLD_SECONDS = 300;
const DEFAULT_MAX_HOLD_SECONDS = 900;
const DEFAULT_RESERVE_SECONDS = 900;
const DEFAULT_MAX_SEATS = 10;
/** Times before 1970 or after 9999 are slips of the pen, and no database and browser agree on them. */
const LATEST_MS = Date.UTC(9999, 0, 1);

/** POST /v1/events with its defaults filled in. */
export function fieldsOfCreate(body: Omit<CreateEvent, 'chart'>): EventFields {
  const holdSeconds = body.holdSeconds ?? DEFAULT_HOLD_SECONDS;
  return {
    name: body.name,
    startsAt: body.startsAt,
    endsAt: body.endsAt ?? null,
    timezone: body.timezone ?? 'UTC',
    description: body.description ?? null,
    venue: body.venue ?? null,
    currency: body.currency,
    prices: body.prices,
    holdSeconds,
    maxHoldSeconds: body.maxHoldSeconds ?? Math.max(DEFAULT_MAX_HOLD_SECONDS, holdSeconds),
    reserveSeconds: body.reserveSeconds ?? DEFAULT_RESERVE_SECONDS,
    maxSeatsPerSubject: body.maxSeatsPerSubject ?? DEFAULT_MAX_SEATS,
    saleStartsAt: body.saleStartsAt ?? null,
    saleEndsAt: body.saleEndsAt ?? null,
    publicStates: body.publicStates ?? 'full',
    externalId: body.externalId ?? null,
  };
}

/** PATCH: what the body names replaces what the event has; null takes an optional field away. */
export function fieldsOfPatch(event: SeatEvent, body: Omit<PatchEvent, 'chart' | 'version'>): EventFields {
  const current: EventFields = { ...fieldsOfCreate(event), timezone: event.timezone };
  const named = Object.entries(body).filter(([key]) => key in current);
  return { ...current, ...(Object.fromEntries(named) as Partial<EventFields>) };
}

/** Names of the fields that differ. */
export function changedFields(before: EventFields, after: EventFields): string[] {
  const keys = Object.keys(after) as (keyof EventFields)[];
  return keys.filter((key) => !sameField(key, before[key], after[key]));
}
/** The same time in another zone, the same prices with their keys in another order: no change. */
function sameField(key: keyof EventFields, before: unknown, after: unknown): boolean {
  const plain = (value: unknown): unknown =>
    key.endsWith('At') && typeof value === 'string' ? Date.parse(value) : value;
  return canonicalJson(plain(before)) === canonicalJson(plain(after));
}

/** What a schema cannot say: fields that must fit each other and the chart. */
export function faultsOfFields(fields: EventFields, categoryKeys: readonly string[]): Fault[] {
  return [
    ...timeFaults(fields),
    ...holdFaults(fields),
    ...timezoneFaults(fields.timezone),
    ...priceFaults(fields.prices, categoryKeys),
  ];
}

function timeFaults({ startsAt, endsAt, saleStartsAt, saleEndsAt }: EventFields): Fault[] {
  const times = Object.entries({ startsAt, endsAt, saleStartsAt, saleEndsAt });
  const faults = times
    .filter(([, time]) => time !== null && !(Date.parse(time) >= 0 && Date.parse(time) < LATEST_MS))
    .map(([path]): Fault => ({ path, message: 'not a time between the years 1970 and 9998' }));
  if (endsAt !== null && Date.parse(endsAt) < Date.parse(startsAt))
    faults.push({ path: 'endsAt', message: 'before startsAt' });
  if (saleStartsAt !== null && saleEndsAt !== null && Date.parse(saleEndsAt) <= Date.parse(saleStartsAt)) {
    faults.push({ path: 'saleEndsAt', message: 'not after saleStartsAt' });
  }
  return faults;
}

function holdFaults({ holdSeconds, maxHoldSeconds }: EventFields): Fault[] {
  return maxHoldSeconds < holdSeconds
    ? [{ path: 'maxHoldSeconds', message: `less than holdSeconds (${holdSeconds})` }]
    : [];
}

function timezoneFaults(timezone: string): Fault[] {
  try {
    new Intl.DateTimeFormat('en', { timeZone: timezone });
    return [];
  } catch {
    return [{ path: 'timezone', message: 'not an IANA time zone, e.g. Europe/Vienna' }];
  }
}

function priceFaults(prices: Prices, categoryKeys: readonly string[]): Fault[] {
  const known = new Set(categoryKeys);
  const missing = categoryKeys.filter((key) => !Object.hasOwn(prices, key));
  const unknown = Object.keys(prices).filter((key) => !known.has(key));
  const twice = Object.entries(prices).flatMap(([key, price]) => ticketTypeFaults(key, price));
  return [
    ...missing.map((key) => ({ path: `prices.${key}`, message: 'missing: every category of the chart needs a price' })),
    ...unknown.map((key) => ({ path: `prices.${key}`, message: 'the chart has no such category' })),
    ...twice,
  ];
}

function ticketTypeFaults(category: string, price: Prices[string]): Fault[] {
  if (typeof price === 'number') return [];
  const keys = price.ticketTypes.map(({ key }) => key);
  return keys.flatMap((key, index) =>
    keys.indexOf(key) === index
      ? []
      : [{ path: `prices.${category}.ticketTypes.${index}.key`, message: `named twice: ${key}` }],
  );
}
