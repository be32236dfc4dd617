/** What a terminal remembers between two visits: `local` until it is cleared, `session` until the tab is closed. */
export type Keeping = 'local' | 'session';

const storage = (keeping: Keeping): Storage => (keeping === 'local' ? localStorage : sessionStorage);
/** Where the browser denies storage, a value lives as long as the page. */
const inMemory = new Map<string, string>();

export function readKept(keeping: Keeping, name: string): string | null {
  try {
    return storage(keeping).getItem(`aisle.desk.${name}`) ?? inMemory.get(`${keeping}.${name}`) ?? null;
  } catch {
    return inMemory.get(`${keeping}.${name}`) ?? null;
  }
}

/** null forgets it. */
export function keep(keeping: Keeping, name: string, value: string | null): void {
  if (value === null) inMemory.delete(`${keeping}.${name}`);
  else inMemory.set(`${keeping}.${name}`, value);
  try {
    if (value === null) storage(keeping).removeItem(`aisle.desk.${name}`);
    else storage(keeping).setItem(`aisle.desk.${name}`, value);
  } catch {
    // Denied or full: kept in memory.
  }
}

/** null where there is none, or it is not JSON. */
export function readKeptJson(keeping: Keeping, name: string): unknown {
  try {
    return JSON.parse(readKept(keeping, name) ?? 'null');
  } catch {
    return null;
  }
}
