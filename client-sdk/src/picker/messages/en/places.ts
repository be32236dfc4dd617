/** What people call places. */
export const places = {
  seat: 'Seat',
  area: 'Area',
  /** "101" alone says nothing in a list. */
  section: (label: string) => (/^\w{1,4}$/.test(label) ? `Section ${label}` : label),
  row: (label: string) => `row ${label}`,
  number: (label: string) => `seat ${label}`,
  wheelchair: 'wheelchair place',
  companion: 'companion seat',
  restrictedView: 'restricted view',
  /** How a seat stands, after its name. */
  standing: {
    free: 'Available',
    mine: 'Yours',
    taking: 'Being held for you',
    held: 'Held by somebody',
    reserved: 'Reserved',
    sold: 'Taken',
    blocked: 'Not for sale',
  },
  free: (count: number) => `${count.toLocaleString('en')} free`,
  full: 'full',
  places: (count: number) => `${count.toLocaleString('en')} ${count === 1 ? 'place' : 'places'}`,
  seats: (count: number) => `${count.toLocaleString('en')} ${count === 1 ? 'seat' : 'seats'}`,
  from: (price: string) => `from ${price}`,
  noPrice: 'No price',
  /** For the ear: "4 minutes 59 seconds". */
  time: (minutes: number, seconds: number) => {
    const part = (count: number, unit: string): string =>
      count === 0 ? '' : `${count} ${unit}${count === 1 ? '' : 's'}`;
    return [part(minutes, 'minute'), part(seconds, 'second')].filter((text) => text !== '').join(' ') || '0 seconds';
  },
};
export type PlacesMessages = typeof places;
