import type { PlacesMessages } from '../en/places.js';

export const places: PlacesMessages = {
  seat: 'Platz',
  area: 'Bereich',
  section: (label) => (/^\w{1,4}$/.test(label) ? `Block ${label}` : label),
  row: (label) => `Reihe ${label}`,
  number: (label) => `Platz ${label}`,
  wheelchair: 'Rollstuhlplatz',
  companion: 'Begleitplatz',
  restrictedView: 'eingeschränkte Sicht',
  standing: {
    free: 'Frei',
    mine: 'Ihrer',
    taking: 'Wird für Sie vorgemerkt',
    held: 'Von jemandem vorgemerkt',
    reserved: 'Reserviert',
    sold: 'Vergeben',
    blocked: 'Nicht im Verkauf',
  },
  free: (count) => `${count.toLocaleString('de')} frei`,
  full: 'voll',
  places: (count) => `${count.toLocaleString('de')} ${count === 1 ? 'Platz' : 'Plätze'}`,
  seats: (count) => `${count.toLocaleString('de')} ${count === 1 ? 'Sitzplatz' : 'Sitzplätze'}`,
  from: (price) => `ab ${price}`,
  noPrice: 'Kein Preis',
  time: (minutes, seconds) => {
    const part = (count: number, one: string, many: string): string =>
      count === 0 ? '' : `${count} ${count === 1 ? one : many}`;
    return (
      [part(minutes, 'Minute', 'Minuten'), part(seconds, 'Sekunde', 'Sekunden')]
        .filter((text) => text !== '')
        .join(' ') || '0 Sekunden'
    );
  },
};
