import { connect, type Socket } from 'node:net';

const HEAD = 'host: 127.0.0.1\r\ncontent-type: application/json\r\n';
const deep = '['.repeat(20_000);
const json = (path: string, body: string, length = Buffer.byteLength(body)): string =>
  `POST ${path} HTTP/1.1\r\n${HEAD}content-length: ${length}\r\n\r\n${body}`;

/** Requests as no client sends them: some are never ended, those stay open until they are destroyed. */
const REQUESTS: readonly string[] = [
  '',
  'G',
  'GET / HTTP/1.1\r\nhost: a\r\nx-slow: ',
  json('/v1/sessions', '{', 1000),
  json('/v1/inventory/holds', '{"eventId":', 100_000),
  `POST /v1/sessions HTTP/1.1\r\n${HEAD}transfer-encoding: chunked\r\n\r\n5\r\n{"a":`,
  `POST /v1/sessions HTTP/1.1\r\n${HEAD}transfer-encoding: chunked\r\n\r\nzz\r\n`,
  `POST /v1/sessions HTTP/1.1\r\n${HEAD}content-length: -1\r\n\r\n`,
  `POST /v1/sessions HTTP/1.1\r\n${HEAD}content-length: 2\r\ncontent-length: 20\r\n\r\n{}`,
  `POST /v1/sessions HTTP/1.1\r\n${HEAD}content-length: 2\r\ntransfer-encoding: chunked\r\n\r\n{}`,
  json('/v1/sessions', '{"__proto__":{"role":"admin"}}'),
  json('/v1/sessions', '{"constructor":{"prototype":{"role":"admin"}}}'),
  json('/v1/sessions', deep),
  json('/v1/inventory/holds', `{"a":${deep}`),
  json('/v1/sessions', '\u0000\u0001\uFFFD'),
  json('/v1/payments/__proto__/webhook', '{}'),
  json('/v1/payments/constructor/webhook', '{}'),
  'GET /v1/events/%00 HTTP/1.1\r\nhost: a\r\n\r\n',
  'GET /v1/events/%ff%fe/seats HTTP/1.1\r\nhost: a\r\n\r\n',
  'GET /v1/events/__proto__/chart HTTP/1.1\r\nhost: a\r\n\r\n',
  'GET /v1/events?cursor=%00&limit=1e9 HTTP/1.1\r\nhost: a\r\n\r\n',
  'GET /..%2f..%2f..%2fetc%2fpasswd HTTP/1.1\r\nhost: a\r\n\r\n',
  'GET //\\..\\.. HTTP/1.1\r\nhost: [\r\n\r\n',
  `GET /${'a'.repeat(20_000)} HTTP/1.1\r\nhost: a\r\n\r\n`,
  `GET / HTTP/1.1\r\nhost: a\r\nx: ${'a'.repeat(100_000)}\r\n\r\n`,
  'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
  '\u0016\u0003\u0001\u0002\u0000\u0001\u0000\u0001\u00fc\u0003\u0003',
  'GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nhost: a\r\nupgrade: websocket\r\nconnection: upgrade\r\n\r\n',
  'GET /socket.io/?EIO=4&transport=websocket&sid=none HTTP/1.1\r\nhost: a\r\n\r\n',
  'GET /socket.io/?EIO=3&transport=polling HTTP/1.1\r\nhost: a\r\n\r\n',
  'GET /socket.io/?EIO=__proto__&transport=constructor HTTP/1.1\r\nhost: a\r\n\r\n',
  'POST /socket.io/?EIO=4&transport=polling&sid=x HTTP/1.1\r\nhost: a\r\ncontent-length: 9\r\n\r\n40',
];

/** Every one of them once; the sockets that still stand. */
export function sendHostileRequests(port: number): Socket[] {
  return REQUESTS.map((request) => {
    const socket = connect(port, '127.0.0.1');
    socket.on('error', () => undefined).resume();
    socket.write(request, 'latin1');
    return socket;
  });
}
export const HOSTILE_REQUESTS = REQUESTS.length;
