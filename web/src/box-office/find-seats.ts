import type { Chart } from '@aisle/client/protocol';

/** More than a handful is a search for something else. */
const MOST = 8;

/** Seats and areas that somebody may mean: an id, "C 12", "row C seat 12", "stalls C12", an area's name. */
export function findPlaces(chart: Chart, text: string): readonly string[] {
  const wanted = text.trim();
  if (wanted === '') return [];
  const exact = [...chart.seats, ...chart.areas].find(({ id }) => id === wanted);
  if (exact !== undefined) return [exact.id];
  const lower = wanted.toLowerCase();
  const areas = chart.areas.filter(({ label }) => label.toLowerCase() === lower).map(({ id }) => id);
  const [, before = '', row = '', number = ''] =
    /^(.*?)(?:\brow\s+)?\b([a-z]{1,3}|\d{1,3}(?=\D))[\s,-]*(?:seat\s+)?(\d{1,4})$/i.exec(lower) ?? [];
  if (number === '') return areas;
  const sections = new Map(chart.sections.map(({ key, label }) => [key, label.toLowerCase()]));
  const section = before.replace(/[\s,·-]+$/, '').trim();
  const seats = chart.seats.filter(
    (seat) =>
      seat.row?.toLowerCase() === row &&
      seat.number?.toLowerCase() === number &&
      (section === '' || (sections.get(seat.section ?? '') ?? '').includes(section)),
  );
  return seats.length > MOST ? areas : [...areas, ...seats.map(({ id }) => id)];
}
