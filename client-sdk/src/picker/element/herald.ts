import type { BasketLine, PickerModel, PickerState } from '../model.js';
import type { SeatMapEvents } from './events.js';

export type Emit = <N extends keyof SeatMapEvents>(name: N, detail: SeatMapEvents[N]) => boolean;

/** Watches the model and tells the page what is different. Returns the function that ends it. */
export function herald(model: PickerModel, emit: Emit): () => void {
  let before = model.state;
  /** Lines of each hold when it was last seen: what a lapse is about may be gone from the basket already. */
  const seen = new Map<string, readonly BasketLine[]>();
  const remember = ({ basket }: PickerState): void => {
    for (const { token } of basket.holds)
      seen.set(
        token,
        basket.lines.filter((line) => line.token === token),
      );
  };
  remember(before);
  tellStatus(before, emit);
  if (before.basket.lines.length > 0) tellBasket(model, emit);
  const offs = [
    model.subscribe(() => {
      const was = before;
      const now = (before = model.state);
      remember(now);
      if (was.status !== now.status || was.link !== now.link) tellStatus(now, emit);
      if (was.basket !== now.basket) tellBasket(model, emit);
      if (was.selection !== now.selection) emit('aisle-select', { seats: idsOf(model, now.selection) });
    }),
    model.onTold(({ error, lapsed }) => {
      if (error !== undefined) emit('aisle-error', { error });
      if (lapsed !== undefined) emit('aisle-lapse', { lines: seen.get(lapsed.token) ?? [] });
    }),
  ];
  return () => {
    for (const off of offs) off();
  };
}

export const idsOf = (model: PickerModel, seatNos: Iterable<number>): string[] =>
  [...seatNos].map((seatNo) => model.chart.seats[seatNo]?.id).filter((id) => id !== undefined);

const tellStatus = ({ status, link }: PickerState, emit: Emit): boolean => emit('aisle-status', { status, link });

function tellBasket(model: PickerModel, emit: Emit): void {
  const { lines, places, totalMinor, holds } = model.state.basket;
  emit('aisle-basket', {
    eventId: model.event.id,
    lines,
    places,
    totalMinor,
    currency: model.event.currency,
    holdTokens: holds.map(({ token }) => token),
  });
}
