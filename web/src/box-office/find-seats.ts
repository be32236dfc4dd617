import type { Chart } from '@aisle/client/protocol';

/** More than a handful is a search for something else. */
const MOST = 8;
/** What people say beside the labels. */
const FILLERS = new Set(['row', 'seat', 'section']);

type Seat = Chart['seats'][number];

/** Seats and areas that somebody may mean: an id, "C 12", "row C seat 12", "stalls C12", an area's name. */
export function findPlaces(chart: Chart, text: string): readonly string[] {
  const wanted = text.trim();
  if (wanted === '') return [];
  const exact = [...chart.seats, ...chart.areas].find(({ id }) => id === wanted);
  if (exact !== undefined) return [exact.id];
  const lower = wanted.toLowerCase();
  const areas = chart.areas.filter(({ label }) => label.toLowerCase() === lower).map(({ id }) => id);
  const words = wordsOf(wanted);
  if (words.length === 0) return areas;
  const sections = new Map(chart.sections.map(({ key, label }) => [key, wordsOf(label).join(' ')]));
  const seats = chart.seats.filter((seat) => {
    const before = wordsBefore(seat, words);
    return before !== undefined && (sections.get(seat.section ?? '') ?? '').includes(before.join(' '));
  });
  return seats.length > MOST ? areas : [...areas, ...seats.map(({ id }) => id)];
}

/** The words before this seat's row and number; undefined: the words do not end with them. A row may be "r2", "AA" or "Box 3". */
function wordsBefore({ row = '', number = '' }: Seat, words: readonly string[]): readonly string[] | undefined {
  const rowWords = wordsOf(row);
  const seatWords = wordsOf(number);
  if (rowWords.length === 0 || seatWords.length === 0) return undefined;
  // "C12" is one word for two labels; "112" would be any of three.
  const isGluable = /\D$/.test(row) && /^\d/.test(number);
  const glued = `${rowWords.join('')}${seatWords.join('')}`;
  if (isGluable && words.at(-1) === glued) return words.slice(0, -1);
  const both = [...rowWords, ...seatWords];
  const start = words.length - both.length;
  return start >= 0 && both.every((word, at) => word === words[start + at]) ? words.slice(0, start) : undefined;
}

const wordsOf = (text: string): string[] =>
  (text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? []).filter((word) => !FILLERS.has(word));
