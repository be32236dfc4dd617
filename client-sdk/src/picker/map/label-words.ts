/** The few words the map itself writes, in the page's language. */
export interface MapWords {
  /** Free places of a section or area, at least one. */
  free(count: number): string;
  readonly full: string;
  /** Places of an area that the buyer holds. */
  yours(count: number): string;
}

export const ENGLISH_WORDS: MapWords = {
  free: (count) => `${count.toLocaleString('en')} free`,
  full: 'full',
  yours: (count) => `${count.toLocaleString('en')} yours`,
};

const RIGHT_TO_LEFT = /^[^\p{L}]*[\p{Script=Arabic}\p{Script=Hebrew}\p{Script=Syriac}\p{Script=Thaana}\p{Script=Nko}]/u;
/** A label reads in its own direction, whatever the page's. */
export const directionOf = (text: string): 'rtl' | 'ltr' => (RIGHT_TO_LEFT.test(text) ? 'rtl' : 'ltr');

const segmenters = new Map<string, Intl.Segmenter>();
function segmenter(granularity: 'word' | 'grapheme'): Intl.Segmenter | undefined {
  if (!('Segmenter' in Intl)) return undefined;
  let made = segmenters.get(granularity);
  if (made === undefined) segmenters.set(granularity, (made = new Intl.Segmenter(undefined, { granularity })));
  return made;
}

/** Where a text may be broken, in any script; browsers without Intl.Segmenter break at spaces. */
function wordsOf(text: string): string[] {
  const segments = segmenter('word')?.segment(text);
  if (segments === undefined) return text.split(/(?<=\s)/u);
  const words: string[] = [];
  for (const { segment } of segments) {
    // Spaces and full stops stay with the word before them.
    if (words.length > 0 && !/[\p{L}\p{N}\p{S}\p{Extended_Pictographic}]/u.test(segment)) {
      words[words.length - 1] = `${words.at(-1) ?? ''}${segment}`;
    } else words.push(segment);
  }
  return words;
}

const known = new Map<string, string[]>();
/** A text in so many lines, about as long as one another; fewer when it has not so many words. */
export function broken(text: string, lines: number): readonly string[] {
  const key = `${lines}${text}`;
  let made = known.get(key);
  if (made === undefined) {
    if (known.size > 5000) known.clear();
    known.set(key, (made = breakUp(text, lines)));
  }
  return made;
}

function breakUp(text: string, lines: number): string[] {
  const words = wordsOf(text.trim());
  const result: string[] = [];
  let rest = words.reduce((sum, word) => sum + word.length, 0);
  let at = 0;
  for (let left = lines; left > 0 && at < words.length; left--) {
    const wished = rest / left;
    let line = words[at++] ?? '';
    // The next word is taken while that comes nearer to the length wished for.
    for (let next = words[at]; next !== undefined; next = words[at]) {
      if (left > 1 && line.length + next.length / 2 > wished) break;
      line += next;
      at++;
    }
    rest -= line.length;
    result.push(line.trim());
  }
  return result;
}

const MOST_LETTERS = 24;
/** A long name cut at a whole character (an emoji is one), with dots. */
export function shortened(text: string): string {
  if (text.length <= MOST_LETTERS) return text;
  const segments = segmenter('grapheme')?.segment(text);
  const letters = segments === undefined ? Array.from(text) : Array.from(segments, ({ segment }) => segment);
  return letters.length <= MOST_LETTERS ? text : `${letters.slice(0, MOST_LETTERS).join('').trim()}…`;
}
