import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { Announcer } from '../../client-sdk/src/picker/finding/announcer.js';

const announcers: Announcer[] = [];
const listen = (): { announcer: Announcer; heard: string[]; shown(): string[] } => {
  const announcer = new Announcer();
  announcers.push(announcer);
  const heard: string[] = [];
  let last = 0;
  announcer.subscribe(() => {
    const { polite } = announcer.state;
    if (polite.key !== last) heard.push(polite.text);
    last = polite.key;
  });
  return { announcer, heard, shown: () => announcer.state.toasts.map(({ told }) => told.text) };
};

beforeEach(() => vi.useFakeTimers());
afterEach(() => {
  for (const announcer of announcers.splice(0)) announcer.close();
  vi.useRealTimers();
});

describe('what is read out', () => {
  test('in order, together when it comes fast, and not the same twice', () => {
    const { announcer, heard } = listen();
    announcer.say('One.');
    announcer.say('Two.');
    announcer.say('One.');
    vi.advanceTimersByTime(100);
    expect(heard).toEqual(['One. Two.']);
    announcer.say('Two.');
    announcer.say('Three.');
    vi.advanceTimersByTime(2000);
    expect(heard).toEqual(['One. Two.', 'Three.']);
    vi.advanceTimersByTime(5000);
    announcer.say('Three.');
    vi.advanceTimersByTime(2000);
    expect(heard).toEqual(['One. Two.', 'Three.', 'Three.']);
  });

  test('a flood is at most about one announcement a second, of three sentences', () => {
    const { announcer, heard } = listen();
    for (let i = 0; i < 500; i++) {
      announcer.say(`Change ${i}.`);
      vi.advanceTimersByTime(10);
    }
    vi.advanceTimersByTime(2000);
    expect(heard.length).toBeLessThanOrEqual(7);
    for (const text of heard) expect(text.split('. ').length).toBeLessThanOrEqual(3);
    expect(heard.at(-1)).toContain('Change 499.');
  });

  test('what cannot wait is told at once', () => {
    const { announcer } = listen();
    announcer.say('Slow.');
    announcer.sayNow('10 seconds.');
    expect(announcer.state.urgent.text).toBe('10 seconds.');
    const { key } = announcer.state.urgent;
    announcer.sayNow('10 seconds.');
    expect(announcer.state.urgent.key).not.toBe(key);
  });
});

describe('what is shown', () => {
  test('three at most, the same once, quiet ones not; each goes by itself', () => {
    const { announcer, heard, shown } = listen();
    for (const text of ['A', 'B', 'A', 'C', 'D']) announcer.tell({ text, tone: 'info' });
    announcer.tell({ text: 'Q', tone: 'info', quiet: true });
    expect(shown()).toEqual(['A', 'C', 'D']);
    vi.advanceTimersByTime(60_000);
    expect(shown()).toEqual([]);
    expect(heard.join(' ')).toContain('Q');
  });

  test('stays while the pointer or the focus is on it', () => {
    const { announcer, shown } = listen();
    announcer.tell({ text: 'A', more: 'Do this.', tone: 'warn' });
    announcer.pause();
    vi.advanceTimersByTime(60_000);
    expect(shown()).toEqual(['A']);
    announcer.resume();
    vi.advanceTimersByTime(60_000);
    expect(shown()).toEqual([]);
  });
});
