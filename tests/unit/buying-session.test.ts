import { afterEach, describe, expect, test, vi } from 'vitest';
import { GuestSession, type Keep } from '../../client-sdk/src/picker/buying/session.js';

const HOUR_MS = 3_600_000;

function storage(): Keep {
  const kept = new Map<string, string>();
  return {
    getItem: (key) => kept.get(key) ?? null,
    setItem: (key, value) => void kept.set(key, value),
    removeItem: (key) => void kept.delete(key),
  };
}

/** A server whose clock is ahead of this device's by so much. */
function server(aheadMs = 0) {
  let made = 0;
  const make = async () => {
    made++;
    const expiresAt = new Date(Date.now() + aheadMs + 24 * HOUR_MS).toISOString();
    return { token: `token ${made}`, subject: `gst_${made}`, role: 'guest' as const, expiresAt };
  };
  return { make, made: () => made };
}

describe('the guest', () => {
  afterEach(() => void vi.useRealTimers());

  test('is one for all tabs, also where two open at once or one was refused', async () => {
    const { make, made } = server();
    const kept = storage();
    const [one, other] = [new GuestSession(make, kept), new GuestSession(make, kept)];
    expect([await one.getToken('connect'), await other.getToken('connect'), made()]).toEqual(['token 1', 'token 1', 1]);
    expect(await one.getToken('refused')).toBe('token 2');
    // The other tab was refused with the old one: the new one is there already.
    expect([await other.getToken('refused'), made()]).toEqual(['token 2', 2]);
  });

  test('two servers have two guests; without storage it lives as long as the page', async () => {
    const { make, made } = server();
    const kept = storage();
    await new GuestSession(make, kept).getToken('connect');
    await new GuestSession(make, kept, 'https://other.example').getToken('connect');
    expect(made()).toBe(2);
    const alone = new GuestSession(make, null);
    expect([await alone.getToken('connect'), await alone.getToken('connect'), made()]).toEqual([
      'token 3',
      'token 3',
      3,
    ]);
  });

  test('is replaced before its end, but not while any tab holds places under it', async () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    const { make } = server();
    const kept = storage();
    let another = 0;
    const guest = new GuestSession(make, kept, '', () => another++);
    await guest.getToken('connect');
    vi.setSystemTime(Date.now() + 23.6 * HOUR_MS);
    new GuestSession(make, kept).keepUntil(Date.now() + HOUR_MS / 4);
    expect([await guest.getToken('expiring'), another]).toEqual(['token 1', 0]);
    vi.setSystemTime(Date.now() + HOUR_MS / 3);
    expect([await guest.getToken('expiring'), another]).toEqual(['token 2', 1]);
  });

  test('a clock that is days off does not make one guest after the other', async () => {
    for (const aheadMs of [-48 * HOUR_MS, 400 * 24 * HOUR_MS]) {
      const { make, made } = server(aheadMs);
      const guest = new GuestSession(make, storage());
      for (const reason of ['connect', 'connect', 'expiring'] as const) await guest.getToken(reason);
      expect(made()).toBe(1);
    }
  });

  test('what another version left in the storage is as if nothing were there', async () => {
    const { make } = server();
    const kept = storage();
    for (const left of ['{"token":7}', 'not json', '{"token":"t","subject":"s","expiresAt":"2026-01-01T00:00:00Z"}']) {
      kept.setItem('aisle.guest', left);
      expect(await new GuestSession(make, kept).getToken('connect')).toMatch(/^token \d$/);
    }
  });
});
