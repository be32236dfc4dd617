import type { AreaPick, EffectPlace, HeldArea, HeldSeat, SeatPick, StoredHold } from '../domain/ports/seat-store.js';

/** The text forms of places in hold hashes, arguments and answers; the Lua half is lua/lib/hold-codec.lua and grant.lua. */

const encodeType = (ticketType: string | undefined): string =>
  ticketType === undefined ? '' : encodeURIComponent(ticketType);
const decodeType = (text: string): { ticketType?: string } =>
  text === '' ? {} : { ticketType: decodeURIComponent(text) };

export const packSeatPicks = (seats: readonly SeatPick[]): string =>
  seats.map((seat) => `${seat.seatNo}:${seat.catNo}:${encodeType(seat.ticketType)}`).join(',');
export const packAreaPicks = (areas: readonly AreaPick[]): string =>
  areas.map((area) => `${area.areaNo}:${area.catNo}:${encodeType(area.ticketType)}:${area.quantity}`).join(',');

/** What to give back; those that name a ticket type first, or the others might take its places. */
export const packReleases = (
  areas: readonly { readonly areaNo: number; readonly quantity: number; readonly ticketType?: string }[],
): string =>
  [...areas]
    .sort((a, b) => Number(a.ticketType === undefined) - Number(b.ticketType === undefined))
    .map((area) => `${area.areaNo}:${area.quantity}:${encodeType(area.ticketType)}`)
    .join(',');

const rows = (text: string): string[][] => (text === '' ? [] : text.split(',').map((row) => row.split(':')));

/** "seatNo:catNo:origin:ticketType,…" */
export const unpackSeats = (text: string): HeldSeat[] =>
  rows(text).map(([seatNo, catNo, origin, type = '']) => ({
    seatNo: Number(seatNo),
    catNo: Number(catNo),
    origin: origin === 'b' ? 'b' : 'a',
    ...decodeType(type),
  }));
/** "areaNo:catNo:origin:ticketType:quantity,…" */
export const unpackAreas = (text: string): HeldArea[] =>
  rows(text).map(([areaNo, catNo, origin, type = '', quantity]) => ({
    areaNo: Number(areaNo),
    catNo: Number(catNo),
    quantity: Number(quantity),
    origin: origin === 'b' ? 'b' : 'a',
    ...decodeType(type),
  }));
export const packHeldSeats = (seats: readonly HeldSeat[]): string =>
  seats.map((seat) => `${seat.seatNo}:${seat.catNo}:${seat.origin}:${encodeType(seat.ticketType)}`).join(',');
export const packHeldAreas = (areas: readonly HeldArea[]): string =>
  areas
    .map((area) => `${area.areaNo}:${area.catNo}:${area.origin}:${encodeType(area.ticketType)}:${area.quantity}`)
    .join(',');

type Given = EffectPlace & { readonly to?: 'a' | 'b' };
const moved = ({ placeNo, catNo, to }: Given): string => `${placeNo}:${catNo}${to === undefined ? '' : `:${to}`}`;
/** "seatNo:catNo,…", of what is given back "seatNo:catNo:to,…" */
export const packEffectSeats = (places: readonly Given[]): string =>
  places
    .filter(({ kind }) => kind === 'seat')
    .map(moved)
    .join(',');
/** "areaNo:catNo:quantity,…", of what is given back "areaNo:catNo:to:quantity,…" */
export const packEffectAreas = (places: readonly Given[]): string =>
  places
    .filter(({ kind }) => kind === 'area')
    .map((place) => `${moved(place)}:${place.quantity}`)
    .join(',');

/** The nine values of hold_reply in lua/lib/hold-codec.lua. */
export function decodeHold(eventId: string, values: readonly string[], nowMs: number): StoredHold {
  const [token = '', subject = '', state, orderId = '', createdAt, expiresAt, maxExpiresAt, seats = '', areas = ''] =
    values;
  return {
    eventId,
    token,
    subject,
    state: state === 'reserved' || state === 'expired' ? state : 'held',
    orderId: orderId === '' ? null : orderId,
    createdAtMs: Number(createdAt),
    expiresAtMs: Number(expiresAt),
    maxExpiresAtMs: Number(maxExpiresAt),
    seats: unpackSeats(seats),
    areas: unpackAreas(areas),
    nowMs,
  };
}
