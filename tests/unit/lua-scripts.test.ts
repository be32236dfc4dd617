import { describe, expect, test } from 'vitest';
import { projectFiles } from '../helpers/project-files.js';

const files = projectFiles(['server/src/redis/lua'], /\.lua$/).map((file) => ({
  ...file,
  name: file.path.replace('server/src/redis/lua/', ''),
}));
const scripts = files.filter(({ name }) => !name.includes('/'));
const libs = files.filter(({ name }) => name.startsWith('lib/'));
/** A script with its libraries put in, as Redis gets it. */
const whole = (text: string): string =>
  text.replace(
    /^-- @include (\S+)$/gm,
    (_line, lib: string) => libs.find(({ name }) => name === lib)?.text ?? `missing ${lib}`,
  );
const calls = (text: string): string[] =>
  [...text.replace(/^\s*--.*$/gm, '').matchAll(/redis\.p?call\(\s*'([A-Za-z]+)'/g)].map(([, command = '']) =>
    command.toUpperCase(),
  );

describe('the Lua scripts', () => {
  test('there are some', () => {
    expect(scripts.length).toBeGreaterThanOrEqual(10);
    expect(libs.length).toBeGreaterThanOrEqual(5);
  });

  test.each(scripts)(
    'S1 $name says what it does, its KEYS, its ARGV and its output, and asks for strict scripts',
    ({ name, text }) => {
      const [first, ...rest] = text.split('\n');
      const header = rest
        .slice(
          0,
          rest.findIndex((line) => !line.startsWith('--')),
        )
        .join('\n');
      expect(first).toMatch(/^#!lua( flags=(no-writes|allow-oom))?$/);
      expect(header).toMatch(new RegExp(`^-- ${name.replace('.lua', '')}: .{20,}`));
      expect(header).toMatch(/^-- KEYS: /m);
      expect(header).toMatch(/^-- ARGV: /m);
      expect(header).toMatch(/^-- Output: /m);
    },
  );

  test.each(libs)('S1 $name says what it is for', ({ name, text }) => {
    expect(text).toMatch(new RegExp(`^-- ${name.replace('lib/', '').replace('.lua', '')}: .{20,}`));
  });

  test.each(scripts)('S1 $name includes only libraries that exist, each once', ({ text }) => {
    const included = [...text.matchAll(/^-- @include (\S+)$/gm)].map(([, lib]) => lib);
    expect(included.filter((lib) => !libs.some(({ name }) => name === lib))).toEqual([]);
    expect(new Set(included).size).toBe(included.length);
  });

  test('S1 keys are built in keys.ts and in lib/core.lua alone', () => {
    const key = /['"`](map|seat|area|inventory|hold|user_holds|holds:expiration-index|event|log|request):(\{|'|"|`|\$)/;
    const builders = projectFiles(
      ['server/src/redis', 'server/src/jobs', 'server/src/rebuild', 'worker/src'],
      /\.(ts|lua)$/,
    )
      .filter(({ text }) => text.split('\n').some((line) => key.test(line) && !/^\s*(--|\*|\/\*|\/\/)/.test(line)))
      .map(({ path }) => path);
    expect(builders.sort()).toEqual(['server/src/redis/keys.ts', 'server/src/redis/lua/lib/core.lua']);
  });

  test.each(scripts)('S2 $name reads the clock at most once', ({ text }) => {
    expect(calls(whole(text)).filter((command) => command === 'TIME').length).toBeLessThanOrEqual(1);
  });

  test("S4 the log is written in one place; what is published comes from there, or is an event's status", () => {
    const users = (command: string): string[] =>
      files.filter(({ text }) => calls(text).includes(command)).map(({ name }) => name);
    expect(users('XADD')).toEqual(['lib/tx.lua']);
    expect(users('PUBLISH').sort()).toEqual(['behind.lua', 'configure.lua', 'lib/tx.lua']);
  });

  const LOOKS = new Set(['snapshot.lua', 'audit.lua']);
  test.each(files)('S6 $name walks no key space and loads no whole map to decide', ({ name, text }) => {
    const walking = [
      'KEYS',
      'SCAN',
      'SSCAN',
      'HSCAN',
      'ZSCAN',
      'SORT',
      'RANDOMKEY',
      'FLUSHALL',
      'FLUSHDB',
      'XRANGE',
      'SMEMBERS',
    ];
    expect(calls(text).filter((command) => walking.includes(command))).toEqual([]);
    // These two are for looking alone: they write nothing.
    if (LOOKS.has(name)) expect(text).toMatch(/^#!lua flags=\S*no-writes/);
    else expect(text).not.toMatch(/call\('GET',\s*(map_key|KEYS\[2\])/);
  });
});
