import type { Catalogue, CatalogueParts } from './catalogue.js';
import { Language } from './language.js';

export type { Catalogue, CatalogueParts } from './catalogue.js';
export { Language } from './language.js';

type Load = () => Promise<CatalogueParts>;

const english = (): Promise<Catalogue> => import('./en/index.js').then(({ messages }) => messages);
const german = (): Promise<Catalogue> => import('./de/index.js').then(({ messages }) => messages);
const SHIPPED: Readonly<Record<string, () => Promise<Catalogue>>> = { en: english, de: german };
/** By lower-case tag. */
const registered = new Map<string, Load>();

/**
 * A page's own language, or its own words for one that ships: `registerMessages('fr', () => import('./fr.js'))`. What it
 * lacks is said in English, or in the shipped language of that tag. Elements that are open already keep theirs.
 */
export function registerMessages(locale: string, load: Load): void {
  registered.set(locale.toLowerCase(), load);
}

/** The words for a BCP 47 tag: by the whole tag, then its language, then English. */
export async function loadMessages(locale: string): Promise<Catalogue> {
  const tag = locale.toLowerCase();
  const primary = tag.split('-')[0] ?? '';
  const shipped = (Object.hasOwn(SHIPPED, primary) ? SHIPPED[primary] : undefined) ?? english;
  const own = registered.get(tag) ?? registered.get(primary);
  if (own === undefined) return shipped();
  const [base, parts] = await Promise.all([shipped(), own()]);
  return over(base, parts);
}

/** The words and the ways of writing numbers, money and times for a BCP 47 tag. */
export async function loadLanguage(locale: string): Promise<Language> {
  return new Language(locale, await loadMessages(locale));
}

const over = (base: Catalogue, own: CatalogueParts): Catalogue => ({
  places: { ...base.places, ...own.places },
  panels: { ...base.panels, ...own.panels },
  finding: { ...base.finding, ...own.finding },
  buying: { ...base.buying, ...own.buying },
});
