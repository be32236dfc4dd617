import { randomBytes } from 'node:crypto';

/** What no client of ours would ever send, by kind. Each call draws anew; `eventId` is of an event that is there. */
export type Frame = string | Buffer;
type Maker = (eventId: string) => Frame;

const pick = <T>(from: readonly T[]): T => from[Math.floor(Math.random() * from.length)] as T;
const upTo = (most: number): number => Math.floor(Math.random() * most);

const UP_NAMES = [
  'subscribe',
  'unsubscribe',
  'hold',
  'hold-best',
  'extend',
  'release',
  'reserve',
  'holds',
  'authenticate',
];
/** Names that mean something to objects, emitters or Socket.IO itself. */
const STRANGE_NAMES = [
  ...['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'prototype', 'then', ''],
  ...['connect', 'connect_error', 'disconnect', 'disconnecting', 'newListener', 'removeListener', 'error'],
];
const BROKEN = [
  ...['', '4', '42', '42[', '42["', '42["hold"', '42{}', '42[]', '42[1]', '42[null]', '42[[]]', '42[{}]', '42"x"'],
  ...['420', '42-1["hold",{}]', '42999999999999999999999["hold",{}]', '42/admin,["hold",{}]', '42/,["hold"]'],
  ...[
    '40',
    '40{}',
    '40{"token":{}}',
    '40{"token":["a"]}',
    '40{"protocol":"1"}',
    '40[',
    '40/admin,{}',
    '41',
    '41/admin,',
  ],
  ...['43', '430', '430[]', '431234[{"ok":true}]', '43-1[]', '44', '44{}', '44"x"', '45', '451-["hold",{}]', '461-[]'],
  ...[
    '0',
    '0{}',
    '1',
    '2',
    '2probe',
    '3',
    '3probe',
    '5',
    '6',
    '7',
    '9',
    'b',
    'bAAAA',
    'x',
    '\u0000',
    '\uD800',
    '{"a":1}',
  ],
];
const LEAVES: readonly string[] = [
  ...['null', 'true', '0', '-1', '1e308', '-0', '1e-7', '9007199254740993', '""', '"\\u0000"', '"\\ud800"', '[]', '{}'],
  ...[
    '"__proto__"',
    '"{}"',
    '"*"',
    '"../../x"',
    '[[[]]]',
    '{"_placeholder":true,"num":0}',
    '{"_placeholder":true,"num":99999}',
  ],
];
const FIELDS = [
  'eventId',
  'seats',
  'areas',
  'holdToken',
  'requestId',
  'quantity',
  'onBehalfOf',
  'token',
  'epoch',
  'seq',
];

let ackId = 0;
const event = (name: string, payload: string): string => `42${++ackId}[${JSON.stringify(name)},${payload}]`;

const wrongTypes: Maker = (eventId) => {
  const fields = Array.from({ length: 1 + upTo(5) }, () => `${JSON.stringify(pick(FIELDS))}:${pick(LEAVES)}`);
  return event(pick(UP_NAMES), `{"eventId":${JSON.stringify(eventId)},${fields.join(',')}}`);
};
const notAnObject: Maker = () => event(pick([...UP_NAMES, ...STRANGE_NAMES]), pick(LEAVES));
const prototypes: Maker = (eventId) => {
  const id = JSON.stringify(eventId);
  const poison = pick([
    `{"eventId":${id},"__proto__":{"role":"admin","ok":true,"eventId":"x"}}`,
    `{"eventId":${id},"constructor":{"prototype":{"role":"admin"}}}`,
    `{"__proto__":{"eventId":${id}},"seats":["r0-0"]}`,
    `{"eventId":${id},"seats":[{"id":"r0-0","__proto__":{"ticketType":"x"}}]}`,
    `{"eventId":"__proto__"}`,
    `{"eventId":"constructor","seats":["__proto__"]}`,
    `{"eventId":${id},"seats":["__proto__","constructor"],"requestId":"__proto__"}`,
  ]);
  return event(pick([...UP_NAMES, ...STRANGE_NAMES]), poison);
};
const nested: Maker = () => {
  const depth = 100 + upTo(12_000);
  const [open, close] = pick([
    ['[', ']'],
    ['{"a":', '}'],
  ]);
  const body = `${open.repeat(depth)}1${pick([close.repeat(depth), ''])}`;
  return event(pick(UP_NAMES), body).slice(0, 64 * 1024);
};
const large: Maker = (eventId) => {
  const bytes = pick([50_000, 65_000, 70_000, 300_000, 1_100_000]);
  return event('hold', `{"eventId":${JSON.stringify(eventId)},"seats":[${'"x",'.repeat(bytes / 4)}"x"]}`);
};
const subscriptions: Maker = (eventId) => {
  const id = pick([eventId, eventId, `evt_${randomBytes(6).toString('hex')}`, 'x'.repeat(200)]);
  const position = pick([{}, { epoch: 1, seq: 0 }, { epoch: 99, seq: 9e15 }, { epoch: 0, seq: 1 }]);
  return event(pick(['subscribe', 'subscribe', 'unsubscribe']), JSON.stringify({ eventId: id, ...position }));
};
/** No acknowledgement, the same one again, or one that the server never asked for. */
const acks: Maker = (eventId) =>
  pick([
    `42["subscribe",{"eventId":${JSON.stringify(eventId)}}]`,
    `427["holds",{"eventId":${JSON.stringify(eventId)}}]`,
    `42${'9'.repeat(1 + upTo(30))}["holds",{"eventId":${JSON.stringify(eventId)}}]`,
    `43${upTo(100)}[${pick(LEAVES)}]`,
    `421["hold",{},{},{},[],1]`,
  ]);
const changed: Maker = (eventId) => {
  const text = wrongTypes(eventId).toString();
  const at = upTo(text.length);
  return text.slice(0, at) + pick(['', '\u0000', '"', ']', '{', '\\', '\uFFFD']) + text.slice(at + upTo(4));
};

export const HOSTILE: Readonly<Record<string, Maker>> = {
  'random text': () => randomBytes(upTo(200)).toString(pick(['latin1', 'base64', 'utf8'])),
  'random bytes': () => randomBytes(1 + upTo(200)),
  'broken packets': () => pick(BROKEN),
  'wrong types': wrongTypes,
  'no object': notAnObject,
  'changed by a byte': changed,
  prototypes,
  'deep nesting': nested,
  oversize: large,
  subscriptions,
  acknowledgements: acks,
};
/** Oversize ones cost this process as much as the server: fewer of them. */
const DRAWN = Object.keys(HOSTILE).flatMap((kind) => Array<string>(kind === 'oversize' ? 1 : 10).fill(kind));
export const drawFrame = (eventId: string): Frame => HOSTILE[pick(DRAWN)]?.(eventId) ?? '';
