import { describe, expect, test } from 'vitest';
import { createLogAlarm } from '../../worker/src/processors/log-alarm.js';

describe('the alarm of a log that fills', () => {
  const told: string[] = [];
  const say =
    (level: string) =>
    (fields: object, message?: string): void => {
      told.push(`${level} ${'waiting' in fields ? String(fields.waiting) : ''} ${message ?? ''}`);
    };
  const alarm = createLogAlarm({ error: say('error'), info: say('info') }, 1000);
  const after = (waiting: number): string[] => {
    told.length = 0;
    alarm('ev_1', waiting);
    return [...told];
  };

  test('L2 once at half, once at nine tenths, once at the bound, and once when it is below again', () => {
    expect(after(499)).toEqual([]);
    expect(after(500)).toEqual([expect.stringMatching(/^error 500 .* 50 % full/)]);
    expect(after(501)).toEqual([]);
    expect(after(480)).toEqual([]);
    expect(after(505)).toEqual([]);
    expect(after(950)).toEqual([expect.stringMatching(/^error 950 .* 90 % full/)]);
    expect(after(1000)).toEqual([expect.stringMatching(/^error 1000 .*new holds are refused/)]);
    expect(after(960)).toEqual([]);
    expect(after(0)).toEqual([expect.stringMatching(/^info 0 .*below half/)]);
    expect(after(0)).toEqual([]);
    expect(after(1200)).toEqual([expect.stringMatching(/^error 1200 .* full: new holds/)]);
  });
});
