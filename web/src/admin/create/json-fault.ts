/** Where a text stops being JSON, and what would have to stand there: browsers don't all say. */
export interface JsonFault {
  readonly line: number;
  /** The line itself, shortened around the place. */
  readonly text: string;
  readonly expected: string;
}

type Expects = 'value' | 'value or ]' | 'key or }' | 'key' | ':' | ', or ]' | ', or }' | 'end';

const WORDS: Readonly<Record<Expects, string>> = {
  value: 'a value should stand here',
  'value or ]': 'a value or ] should stand here',
  'key or }': 'a name in quotes or } should stand here',
  key: 'a name in quotes should stand here',
  ':': 'a colon should stand here',
  ', or ]': 'a comma or ] should stand here',
  ', or }': 'a comma or } should stand here',
  end: 'the file should end here',
};
const SPACE = /[ \t\r\n]*/y;
const TEXT = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y; // eslint-disable-line no-control-regex -- JSON's own rule
const PLAIN = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/y;

/** undefined: it is JSON after all. */
export function jsonFault(text: string): JsonFault | undefined {
  const found = scan(text);
  if (found === undefined) return undefined;
  const cut = found.at >= text.length;
  const before = text.slice(0, found.at);
  const start = before.lastIndexOf('\n') + 1;
  const end = text.indexOf('\n', found.at);
  const line = text
    .slice(Math.max(start, found.at - 80), end === -1 ? found.at + 60 : Math.min(end, found.at + 60))
    .trim();
  return {
    ...{ line: before.split('\n').length, text: line },
    expected: cut ? 'the file ends too early' : WORDS[found.expects],
  };
}

function scan(text: string): { at: number; expects: Expects } | undefined {
  const open: ('{' | '[')[] = [];
  let expects: Expects = 'value';
  let at = 0;
  const take = (pattern: RegExp): boolean => {
    pattern.lastIndex = at;
    const match = pattern.exec(text);
    if (match === null || match[0] === '') return false;
    at += match[0].length;
    return true;
  };
  const after = (): Expects => {
    const inside = open.at(-1);
    return inside === undefined ? 'end' : inside === '[' ? ', or ]' : ', or }';
  };
  for (;;) {
    take(SPACE);
    const sign = text[at];
    if (sign === undefined) return expects === 'end' ? undefined : { at, expects };
    const next = step(sign, expects, open);
    if (next !== undefined) {
      at++;
      expects = next === 'closed' ? after() : next;
    } else if (expects.startsWith('key') && take(TEXT)) expects = ':';
    else if (expects.startsWith('value') && (take(TEXT) || take(PLAIN))) expects = after();
    else return { at: expects !== 'end' && isCut(text, at) ? text.length : at, expects };
  }
}

/** The file ends within a text or a word: nothing is wrong where that began. */
const isCut = (text: string, at: number): boolean =>
  text[at] === '"' ? !text.includes('"', at + 1) : text.length - at < 40 && /^[\w.+-]+$/.test(text.slice(at));

/** What one sign leads to; undefined: it is none, or none that may stand here. */
function step(sign: string, expects: Expects, open: ('{' | '[')[]): Expects | 'closed' | undefined {
  if (sign === '{' || sign === '[') {
    if (!expects.startsWith('value')) return undefined;
    open.push(sign);
    return sign === '{' ? 'key or }' : 'value or ]';
  }
  if (sign === '}' || sign === ']') {
    if (!expects.endsWith(sign)) return undefined;
    open.pop();
    return 'closed';
  }
  if (sign === ':' && expects === ':') return 'value';
  if (sign === ',' && expects.startsWith(',')) return open.at(-1) === '{' ? 'key' : 'value';
  return undefined;
}
