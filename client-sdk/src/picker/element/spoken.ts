import type { Language } from '../messages/index.js';
import type { PlaceNames } from '../messages/place-names.js';
import type { PickerModel } from '../model.js';

interface Parts {
  readonly model: PickerModel;
  readonly names: PlaceNames;
  readonly language: Language;
}

/** A seat for the ear: "Stalls, row C, seat 12. Gold, £45.00. Available." */
export function seatSpoken({ model, names, language }: Parts, seatNo: number): string {
  const seat = model.chart.seats[seatNo];
  const category = model.chart.categories.find(({ key }) => key === seat?.category);
  const price = language.price(model.event.prices[seat?.category ?? ''], model.event.currency);
  const standing = language.messages.places.standing[model.standing(seatNo)];
  return `${names.seat(seatNo).spoken}. ${category?.label ?? ''}, ${price}. ${standing}.`;
}
