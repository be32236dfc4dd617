import { createHash, randomBytes } from 'node:crypto';
import { request as httpRequest } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import { createEngine, type EngineDeps, type FetchHandler } from '../../server/src/gateway/index.js';
import { createLogger } from '../../server/src/platform/logger.js';
import { memoryEvent } from '../helpers/memory-event.js';
import { startMemoryNode, type MemoryNode } from '../helpers/memory-node.js';
import { rawHttp } from '../helpers/raw-client.js';
import { ENGINES } from './engines.js';

const MIB = 1024 * 1024;
const sha256 = (data: Uint8Array): string => createHash('sha256').update(data).digest('hex');
const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** What happened inside the handlers below. */
const seen = { aborted: 0, cancelled: 0, pulled: 0 };

const routes: Record<string, (request: Request, ip: string) => Response | Promise<Response>> = {
  '/echo': async (request, ip) =>
    Response.json({
      method: request.method,
      path: new URL(request.url).pathname + new URL(request.url).search,
      ip,
      header: request.headers.get('x-thing'),
      body: request.body === null ? null : await request.text(),
    }),
  '/hash': async (request) => {
    try {
      const body = new Uint8Array(await request.arrayBuffer());
      return Response.json({ bytes: body.byteLength, sha256: sha256(body) });
    } catch (error) {
      seen.aborted++;
      throw error;
    }
  },
  '/binary': () =>
    new Response(new Uint8Array([0, 255, 128, 10, 13, 0]), { headers: { 'content-type': 'application/octet-stream' } }),
  '/large': () => new Response(large, { headers: { etag: '"large"' } }),
  '/large-sized': () =>
    new Response(new Blob([large]).stream(), { headers: { 'content-length': String(large.byteLength) } }),
  '/stream': () => {
    let i = 0;
    return new Response(
      new ReadableStream<Uint8Array>({
        async pull(controller) {
          await sleep(20);
          if (i === 5) controller.close();
          else controller.enqueue(new TextEncoder().encode(`part ${i++}\n`));
        },
      }),
    );
  },
  '/endless': () =>
    new Response(
      new ReadableStream<Uint8Array>({
        pull: (controller) => {
          seen.pulled += 64 * 1024;
          controller.enqueue(new Uint8Array(64 * 1024));
        },
        cancel: () => {
          seen.cancelled++;
        },
      }),
    ),
  '/breaks': () => {
    let sent = false;
    return new Response(
      new ReadableStream<Uint8Array>({
        async pull(controller) {
          if (!sent) controller.enqueue(new Uint8Array(100_000));
          sent = true;
          await sleep(20);
          controller.error(new Error('planted'));
        },
      }),
    );
  },
  '/status': (request) => {
    const status = Number(new URL(request.url).searchParams.get('code'));
    return new Response(status === 204 || status === 304 ? null : 'body', { status, headers: { etag: '"x"' } });
  },
  '/cookies': () => {
    const headers = new Headers();
    headers.append('set-cookie', 'a=1; Path=/');
    headers.append('set-cookie', 'b=2; Path=/');
    return new Response('', { headers });
  },
  '/throws': () => Promise.reject(new Error('planted')),
  '/early': () => new Response('not read', { status: 401 }),
  '/slow': async () => {
    await sleep(300);
    return new Response('slow but sure');
  },
};
const large = randomBytes(20 * MIB);
const handler: FetchHandler = (request, { ip }) => {
  const route = routes[new URL(request.url).pathname];
  return route === undefined ? new Response('no route', { status: 404 }) : route(request, ip);
};

describe.each(ENGINES)('G4 HTTP on the %s engine', (engine) => {
  let node: MemoryNode;

  async function start(engineDeps: Partial<EngineDeps> = {}): Promise<void> {
    node = await startMemoryNode({ engine, events: [memoryEvent({ seats: 2 })], fetch: handler, engineDeps });
  }
  afterEach(async () => {
    await node.close();
  });
  /** GET /echo with these header lines and no others; the whole answer as text. */
  async function rawGet(lines: readonly string[]): Promise<string> {
    const socket = await rawHttp(node.port);
    let text = '';
    socket.on('data', (data: Buffer) => (text += data.toString()));
    const ended = new Promise((resolve) => socket.on('close', resolve));
    socket.write(`GET /echo HTTP/1.1\r\n${lines.join('\r\n')}\r\nconnection: close\r\n\r\n`);
    await Promise.race([ended, sleep(300)]);
    socket.destroy();
    return text;
  }

  it('hands over method, path, query, headers, body and address', async () => {
    await start();
    for (const method of ['POST', 'PUT', 'PATCH', 'DELETE']) {
      const answer = await fetch(`${node.url}/echo?a=1&b=%20`, { method, body: 'héllo', headers: { 'x-thing': 'y' } });
      expect(await answer.json()).toEqual({
        method,
        path: '/echo?a=1&b=%20',
        ip: '127.0.0.1',
        header: 'y',
        body: 'héllo',
      });
    }
    expect(await (await fetch(`${node.url}/echo`)).json()).toMatchObject({ method: 'GET', path: '/echo', body: null });
    expect(await (await fetch(`${node.url}/echo`, { method: 'DELETE' })).json()).toMatchObject({ method: 'DELETE' });
    expect((await fetch(`${node.url}/nowhere`)).status).toBe(404);
    expect((await fetch(`${node.url}/echo`, { method: 'OPTIONS' })).status).toBe(200);
  });

  it('takes the address from the proxy only where one is trusted', async () => {
    const headers = { 'x-forwarded-for': '203.0.113.9, 198.51.100.7' };
    await start();
    expect(await (await fetch(`${node.url}/echo`, { headers })).json()).toMatchObject({ ip: '127.0.0.1' });
    await node.close();
    await start({ trustProxy: 1 });
    expect(await (await fetch(`${node.url}/echo`, { headers })).json()).toMatchObject({ ip: '198.51.100.7' });
  });

  it('behind a proxy that adds a line of its own to X-Forwarded-For, the last line counts', async () => {
    await start({ trustProxy: 1 });
    const answer = await rawGet([
      'host: shop.example',
      'x-forwarded-for: 203.0.113.9',
      'x-forwarded-for: 198.51.100.7',
    ]);
    expect(answer).toContain('"ip":"198.51.100.7"');
  });

  it('a Host that holds a path, a query or a user is malformed: it must not become part of the address', async () => {
    await start();
    for (const host of ['x/hash?', 'x?', 'x#', 'user@x', 'x\\hash']) {
      expect(await rawGet([`host: ${host}`]), host).toMatch(/^HTTP\/1\.1 400 /);
    }
    for (const host of ['shop.example', 'localhost:3000', '[::1]:3000', '127.0.0.1']) {
      expect(await rawGet([`host: ${host}`]), host).toContain('"path":"/echo"');
    }
  });

  it('takes large bodies whole, with and without an announced length, many at once', async () => {
    await start();
    const bodies = [randomBytes(1), randomBytes(70_000), randomBytes(3 * MIB), randomBytes(30 * MIB)];
    const answers = await Promise.all(bodies.map((body) => fetch(`${node.url}/hash`, { method: 'POST', body })));
    for (const [i, answer] of answers.entries()) {
      expect(await answer.json()).toEqual({
        bytes: bodies[i]?.byteLength,
        sha256: sha256(bodies[i] ?? new Uint8Array()),
      });
    }
    const chunked = await fetch(`${node.url}/hash`, {
      method: 'POST',
      body: new Blob([large]).stream(),
      duplex: 'half',
    });
    expect(await chunked.json()).toEqual({ bytes: large.byteLength, sha256: sha256(large) });
  });

  it('sends large and binary bodies whole, to slow readers too', async () => {
    await start();
    expect([...new Uint8Array(await (await fetch(`${node.url}/binary`)).arrayBuffer())]).toEqual([
      0, 255, 128, 10, 13, 0,
    ]);
    const all = await Promise.all(
      ['/large', '/large-sized', '/large', '/large-sized'].map((path) => fetch(node.url + path)),
    );
    for (const answer of all) expect(sha256(new Uint8Array(await answer.arrayBuffer()))).toBe(sha256(large));
    const slow = await new Promise<Buffer>((resolve, reject) => {
      httpRequest(`${node.url}/large-sized`, (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => {
          chunks.push(chunk);
          if (chunks.length % 50 !== 0) return;
          response.pause();
          setTimeout(() => response.resume(), 5);
        });
        response.on('end', () => resolve(Buffer.concat(chunks)));
        response.on('error', reject);
      }).end();
    });
    expect(sha256(slow)).toBe(sha256(large));
  });

  it('G5 refuses bodies past the limit with 413, announced or not, and reads on', async () => {
    await start({ maxBodyBytes: MIB });
    for (const body of [randomBytes(2 * MIB), randomBytes(10 * MIB)]) {
      const answer = await fetch(`${node.url}/hash`, { method: 'POST', body });
      expect(answer.status).toBe(413);
      expect(await answer.json()).toMatchObject({ error: { code: 'PAYLOAD_TOO_LARGE', details: { maxBytes: MIB } } });
    }
    const chunked = await fetch(`${node.url}/hash`, {
      method: 'POST',
      body: new Blob([randomBytes(2 * MIB)]).stream(),
      duplex: 'half',
    });
    expect(chunked.status).toBe(413);
    expect((await fetch(`${node.url}/hash`, { method: 'POST', body: randomBytes(MIB) })).status).toBe(200);
  });

  it('a handler that answers without reading the body is heard', async () => {
    await start();
    for (let i = 0; i < 5; i++) {
      const answer = await fetch(`${node.url}/early`, { method: 'POST', body: large });
      expect(answer.status).toBe(401);
      expect(await answer.text()).toBe('not read');
    }
  });

  it('HEAD, 204 and 304 have no body, and the connection goes on', async () => {
    await start();
    const socket = await rawHttp(node.port);
    let text = '';
    socket.on('data', (chunk: Buffer) => (text += chunk.toString('latin1')));
    for (const line of [
      'HEAD /status?code=200',
      'GET /status?code=304',
      'GET /status?code=204',
      'HEAD /large-sized',
      'GET /binary',
    ]) {
      socket.write(`${line} HTTP/1.1\r\nHost: x\r\n\r\n`);
      await sleep(100);
    }
    socket.destroy();
    const statuses = [...text.matchAll(/HTTP\/1\.1 (\d{3})/g)].map(([, status]) => status);
    expect(statuses).toEqual(['200', '304', '204', '200', '200']);
    expect(text).not.toContain('body');
    expect(text.toLowerCase()).toContain(`content-length: ${large.byteLength}`);
    expect(text.toLowerCase()).toContain('etag: "x"');
  });

  it('streams as it comes', async () => {
    await start();
    const answer = await fetch(`${node.url}/stream`);
    const times: number[] = [];
    let text = '';
    const reader = (answer.body as ReadableStream<Uint8Array> | null)?.getReader();
    for (let part = await reader?.read(); part?.done === false; part = await reader?.read()) {
      times.push(performance.now());
      text += new TextDecoder().decode(part.value);
    }
    expect(text).toBe('part 0\npart 1\npart 2\npart 3\npart 4\n');
    expect(times.length).toBeGreaterThanOrEqual(3);
  });

  it('stops a stream whose reader stalls, and lets go of it when the reader leaves', async () => {
    await start();
    Object.assign(seen, { pulled: 0, cancelled: 0 });
    const socket = await rawHttp(node.port);
    socket.pause();
    socket.write('GET /endless HTTP/1.1\r\nHost: x\r\n\r\n');
    await expect.poll(() => seen.pulled).toBeGreaterThan(0);
    await sleep(500);
    const pulled = seen.pulled;
    await sleep(300);
    expect(seen.pulled).toBe(pulled);
    expect(pulled).toBeLessThan(32 * MIB);
    socket.destroy();
    await expect.poll(() => seen.cancelled).toBe(1);
  });

  it('an upload broken off midway reaches the handler as an error, and nobody else', async () => {
    await start();
    seen.aborted = 0;
    const socket = await rawHttp(node.port);
    socket.write('POST /hash HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n');
    socket.write(randomBytes(300_000));
    await sleep(100);
    socket.destroy();
    await expect.poll(() => seen.aborted).toBe(1);
    const gone = await rawHttp(node.port);
    gone.write('GET /slow HTTP/1.1\r\nHost: x\r\n\r\n');
    await sleep(50);
    gone.destroy();
    await sleep(400);
    expect((await fetch(`${node.url}/echo`)).status).toBe(200);
  });

  it('a stream that breaks after the headers cuts the connection: no half answer looks whole', async () => {
    await start();
    await expect(fetch(`${node.url}/breaks`).then((answer) => answer.arrayBuffer())).rejects.toThrow();
    expect((await fetch(`${node.url}/echo`)).status).toBe(200);
  });

  it('a handler that throws answers 500 INTERNAL and tells nothing', async () => {
    await start();
    const answer = await fetch(`${node.url}/throws`, { method: 'POST', body: 'x' });
    expect(answer.status).toBe(500);
    const text = await answer.text();
    expect(JSON.parse(text)).toMatchObject({ error: { code: 'INTERNAL', retryable: true } });
    expect(text).not.toContain('planted');
  });

  it('several cookies stay several', async () => {
    await start();
    expect((await fetch(`${node.url}/cookies`)).headers.getSetCookie()).toEqual(['a=1; Path=/', 'b=2; Path=/']);
  });

  it('G5 malformed requests are refused and harm nobody', async () => {
    await start();
    const lines = [
      'NONSENSE\r\n\r\n',
      'GET /echo HTTP/1.1\r\n\r\n',
      'GET /echo HTTP/1.1\r\nHost: a b c\r\n\r\n',
      'GET http://other/echo HTTP/1.1\r\nHost: x\r\n\r\n',
      'TRACE /echo HTTP/1.1\r\nHost: x\r\n\r\n',
      'POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\n',
      'POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\nhello',
      `GET /${'x'.repeat(100_000)} HTTP/1.1\r\nHost: x\r\n\r\n`,
      'GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n',
    ];
    for (const line of lines) {
      const socket = await rawHttp(node.port);
      socket.on('error', () => undefined);
      socket.write(line);
      await sleep(50);
      socket.destroy();
    }
    expect((await fetch(`${node.url}/echo`)).status).toBe(200);
  });

  it('serves many at once on kept connections', async () => {
    await start();
    const answers = await Promise.all(
      Array.from({ length: 500 }, (_, i) =>
        fetch(`${node.url}/echo?n=${i}`, { method: 'POST', body: String(i) }).then((answer) => answer.json()),
      ),
    );
    answers.forEach((answer, i) => expect(answer).toMatchObject({ path: `/echo?n=${i}`, body: String(i) }));
  });

  it('closing lets a request under way finish', async () => {
    await start();
    const slow = fetch(`${node.url}/slow`, { headers: { connection: 'close' } }).then((answer) => answer.text());
    await sleep(50);
    await node.close(2000);
    expect(await slow).toBe('slow but sure');
    await start();
  });

  it('a taken port is an error that names it', async () => {
    await start();
    const deps = { fetch: handler, logger: createLogger('silent', 'test'), trustProxy: 0 };
    const second = await createEngine(engine, deps);
    await expect(second.listen(node.port, '127.0.0.1')).rejects.toMatchObject({
      code: 'EADDRINUSE',
      message: expect.stringContaining(String(node.port)) as string,
    });
    await second.close(0);
    expect((await fetch(`${node.url}/echo`)).status).toBe(200);
  });

  it.runIf(engine === 'uws')('several servers share a port where that is asked for', async () => {
    // A port that the system picked itself cannot be shared (Linux), so one that was free a moment ago.
    const probe = await createEngine(engine, {
      fetch: handler,
      logger: createLogger('silent', 'test'),
      trustProxy: 0,
    });
    const { port } = await probe.listen(0, '127.0.0.1');
    await probe.close(0);
    node = await startMemoryNode({ engine, port, events: [], fetch: handler, engineDeps: { reusePort: true } });
    const deps = { fetch: handler, logger: createLogger('silent', 'test'), trustProxy: 0 };
    const second = await createEngine(engine, { ...deps, reusePort: true });
    await second.listen(node.port, '127.0.0.1');
    const third = await createEngine(engine, deps);
    await expect(third.listen(node.port, '127.0.0.1')).rejects.toMatchObject({ code: 'EADDRINUSE' });
    await third.close(0);
    expect((await fetch(`${node.url}/echo`)).status).toBe(200);
    await second.close(0);
  });

  it('two servers in one process keep apart', async () => {
    await start();
    const first = node;
    const events = [memoryEvent({ seats: 2 })];
    const other = await startMemoryNode({ engine: ENGINES.find((name) => name !== engine) ?? engine, events });
    const { connectClient, ask } = await import('../helpers/raw-client.js');
    const clients = await Promise.all([connectClient(first.url), connectClient(other.url)]);
    const heard: string[] = [];
    for (const [i, { socket }] of clients.entries()) {
      socket.on('seats', () => heard.push(`seats on ${i}`));
      await ask(socket, 'subscribe', { eventId: 'ev1' });
    }
    first.store.change('ev1', { seats: [[0, 'h']] });
    await sleep(50);
    expect(heard).toEqual(['seats on 0']);
    other.store.change('ev1', { seats: [[0, 'h']] });
    await sleep(50);
    expect(heard).toEqual(['seats on 0', 'seats on 1']);
    for (const { socket } of clients) socket.close();
    await other.close();
  });
});

it('G4 where uWS is asked for and does not load, Node serves and the log says why', async () => {
  const lines: { reason?: string }[] = [];
  const logger = createLogger('silent', 'test');
  logger.warn = (fields: object) => void lines.push(fields);
  const engine = await createEngine('uws', { fetch: handler, logger, trustProxy: 0 });
  expect(engine.name).toBe(ENGINES[0]);
  if (ENGINES.length === 1) expect(lines[0]?.reason).toMatch(/uWS|uWebSockets/);
  const listening = await engine.listen(0, '127.0.0.1');
  expect(listening.port).toBeGreaterThan(0);
  await engine.close(0);
});
