/** Times of an event as its own town reads them: what <input type="datetime-local"> has, and what the server takes. */

const formats = new Map<string, Intl.DateTimeFormat>();

function formatOf(timeZone: string): Intl.DateTimeFormat {
  const known = formats.get(timeZone);
  if (known !== undefined) return known;
  const made = new Intl.DateTimeFormat('en-GB', {
    ...{ timeZone, hourCycle: 'h23', year: 'numeric', month: '2-digit', day: '2-digit' },
    ...{ hour: '2-digit', minute: '2-digit', second: '2-digit' },
  });
  formats.set(timeZone, made);
  return made;
}

/** What clocks there show at that moment, as if it were UTC. */
function wallClock(ms: number, timeZone: string): number {
  const parts = new Map(
    formatOf(timeZone)
      .formatToParts(ms)
      .map(({ type, value }) => [type, Number(value)]),
  );
  const part = (type: Intl.DateTimeFormatPartTypes): number => parts.get(type) ?? 0;
  return Date.UTC(part('year'), part('month') - 1, part('day'), part('hour'), part('minute'), part('second'));
}

export function isTimeZone(timeZone: string): boolean {
  try {
    formatOf(timeZone);
    return timeZone !== '';
  } catch {
    return false;
  }
}

/** "2031-05-01T19:30" in Europe/Vienna → "2031-05-01T17:30:00.000Z". undefined: no such time there (clocks went forward). */
export function toIso(local: string, timeZone: string): string | undefined {
  const wanted = Date.parse(`${local.length === 16 ? `${local}:00` : local}Z`);
  if (Number.isNaN(wanted) || !isTimeZone(timeZone)) return undefined;
  let at = wanted;
  // Twice: the first guess may lie on the other side of a change of the clocks.
  for (let round = 0; round < 2; round++) at = wanted - (wallClock(at, timeZone) - at);
  return wallClock(at, timeZone) === wanted ? new Date(at).toISOString() : undefined;
}

/** The other way: what to put into the input. */
export function toLocal(iso: string, timeZone: string): string {
  const at = Date.parse(iso);
  if (Number.isNaN(at)) return '';
  return new Date(wallClock(at, isTimeZone(timeZone) ? timeZone : 'UTC')).toISOString().slice(0, 16);
}

export const timeZones = (): string[] => {
  const known = Intl.supportedValuesOf('timeZone');
  return known.includes('UTC') ? known : ['UTC', ...known];
};
export const homeTimeZone = (): string => Intl.DateTimeFormat().resolvedOptions().timeZone || 'UTC';
