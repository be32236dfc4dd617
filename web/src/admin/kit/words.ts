/** Times of what happened, on the reader's own clock, to the second. */
const format = new Intl.DateTimeFormat(undefined, {
  ...{ year: 'numeric', month: 'short', day: '2-digit' },
  ...{ hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' },
});
const short = new Intl.DateTimeFormat(undefined, {
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  hourCycle: 'h23',
});

export const moment = (iso: string | undefined): string => (iso === undefined ? '–' : format.format(Date.parse(iso)));
const date = new Intl.DateTimeFormat(undefined, { year: 'numeric', month: 'short', day: '2-digit' });
export const day = (iso: string): string => date.format(Date.parse(iso));
export const clockTime = (ms: number): string => short.format(ms);

/** 65000 → "1 min 5 s" */
export function span(ms: number): string {
  const seconds = Math.round(ms / 1000);
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return seconds % 60 === 0 ? `${minutes} min` : `${minutes} min ${seconds % 60} s`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return minutes % 60 === 0 ? `${hours} h` : `${hours} h ${minutes % 60} min`;
  return `${Math.floor(hours / 24)} days`;
}

export const percent = (part: number, whole: number): string =>
  whole === 0 ? '–' : part > 0 && part * 200 < whole ? '< 1 %' : `${Math.round((100 * part) / whole)} %`;
