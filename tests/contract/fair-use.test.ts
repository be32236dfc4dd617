import { afterEach, describe, expect, it } from 'vitest';
import WebSocket from 'ws';
import { memoryEvent } from '../helpers/memory-event.js';
import { startMemoryNode, type MemoryNode, type MemoryNodeOptions } from '../helpers/memory-node.js';
import { NO_SWITCHES, type Switches } from '../../server/src/domain/ports/switches.js';
import { ask, connectClient, next, refusal, type Client } from '../helpers/raw-client.js';
import { ENGINES } from './engines.js';

describe.each(ENGINES)('G4 fair use on the %s engine', (engine) => {
  let node: MemoryNode;
  const clients: Client[] = [];
  const raw: WebSocket[] = [];
  const start = async (options: Partial<MemoryNodeOptions> = {}): Promise<void> => {
    node = await startMemoryNode({ engine, events: [memoryEvent({ seats: 20 })], limits: 'on', ...options });
  };
  afterEach(async () => {
    for (const client of clients.splice(0)) client.close();
    for (const socket of raw.splice(0)) socket.terminate();
    await node.close();
  });

  /** A connection that may name several lines of X-Forwarded-For; what became of its CONNECT. */
  function dial(...forwardedFor: string[]): Promise<string> {
    const url = `${node.url.replace('http', 'ws')}/socket.io/?EIO=4&transport=websocket`;
    const socket = new WebSocket(
      url,
      forwardedFor.length === 0 ? {} : { headers: { 'x-forwarded-for': forwardedFor } },
    );
    raw.push(socket);
    return new Promise((resolve) => {
      socket.on('message', (data: Buffer) => {
        const text = data.toString();
        if (text.startsWith('0')) socket.send('40{}');
        else if (text.startsWith('40')) resolve('joined');
        else if (text.startsWith('44')) resolve((JSON.parse(text.slice(2)) as { data: { code: string } }).data.code);
      });
      socket.on('close', () => resolve('closed'));
      socket.on('error', () => resolve('closed'));
    });
  }

  it('G2 handshakes are counted by address: the one on the line where no proxy is trusted', async () => {
    await start({ handshakesPerMinute: 2 });
    expect(await dial('203.0.113.1')).toBe('joined');
    expect(await dial('203.0.113.2')).toBe('joined');
    expect(await dial('203.0.113.3')).toBe('RATE_LIMITED');
    expect(await refusal(node.url, { token: 'nobody' })).toMatchObject({ code: 'RATE_LIMITED', retryable: true });
  });

  it('G10 one proxy: its entry alone counts, on one line or on its own', async () => {
    await start({ handshakesPerMinute: 1, engineDeps: { trustProxy: 1 } });
    expect(await dial('192.0.2.1, 203.0.113.1')).toBe('joined');
    expect(await dial('192.0.2.2, 203.0.113.1')).toBe('RATE_LIMITED');
    expect(await dial('192.0.2.3', '203.0.113.1')).toBe('RATE_LIMITED');
    expect(await dial('192.0.2.1, 203.0.113.2')).toBe('joined');
  });

  it('G10 two proxies: the entry of the outer one, though each wrote a line of its own', async () => {
    await start({ handshakesPerMinute: 1, engineDeps: { trustProxy: 2 } });
    expect(await dial('192.0.2.1, 203.0.113.1', '10.0.0.5')).toBe('joined');
    expect(await dial('192.0.2.2, 203.0.113.1, 10.0.0.6')).toBe('RATE_LIMITED');
    expect(await dial('203.0.113.2', '10.0.0.5')).toBe('joined');
  });

  it('G2 connections at once: refused with a reason past the limit, unheard past twice that, free again when others go', async () => {
    await start({ connectionsPerIp: 3 });
    expect(await Promise.all([dial(), dial(), dial()])).toEqual(['joined', 'joined', 'joined']);
    expect(await dial()).toBe('RATE_LIMITED');
    // Those that never join count, too.
    const idle = Array.from({ length: 6 }, () => {
      const socket = new WebSocket(`${node.url.replace('http', 'ws')}/socket.io/?EIO=4&transport=websocket`);
      raw.push(socket);
      return new Promise((resolve) => {
        socket.on('error', () => undefined);
        socket.on('close', () => resolve('closed'));
        setTimeout(() => resolve('idle'), 1000);
      });
    });
    expect((await Promise.all(idle)).filter((what) => what === 'closed').length).toBeGreaterThanOrEqual(3);
    for (const socket of raw.splice(0)) socket.terminate();
    await expect.poll(() => dial()).toBe('joined');
  });

  it('G1 G8 what is denied is refused before it is counted, and its sockets are cut with the reason', async () => {
    const listeners: (() => void)[] = [];
    const denied = new Set<string>();
    const switches: Switches = {
      ...NO_SWITCHES,
      deniesSubject: (subject) => denied.has(subject),
      denies: ({ subject, role }) => role !== 'admin' && subject !== null && denied.has(subject),
      onChange: (listener) => void listeners.push(listener),
    };
    await start({ switches, commandsPer10s: 2 });
    const { socket } = await connectClient(node.url, { token: node.sessions.issue('ann') });
    clients.push(socket);
    for (let i = 0; i < 3; i++) await ask(socket, 'holds', { eventId: 'ev1' });
    expect(await ask(socket, 'holds', { eventId: 'ev1' })).toMatchObject({ error: { code: 'RATE_LIMITED' } });
    denied.add('ann');
    expect(await ask(socket, 'holds', { eventId: 'ev1' })).toMatchObject({ error: { code: 'FORBIDDEN' } });
    expect(await ask(socket, 'holds', { event: 'ev1' })).toMatchObject({ error: { code: 'INVALID_REQUEST' } });
    const [notice, gone] = [next(socket, 'notice'), next(socket, 'disconnect')];
    for (const listener of listeners) listener();
    expect(await notice).toMatchObject([{ code: 'FORBIDDEN' }]);
    await gone;
    expect(await refusal(node.url, { token: node.sessions.issue('ann') })).toMatchObject({ code: 'FORBIDDEN' });
  });
});
