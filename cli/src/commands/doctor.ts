import { styleText } from 'node:util';
import type { Command } from 'commander';
import type { Context } from '../context.js';
import { examine } from '../doctor/examine.js';
import type { Finding, Level } from '../doctor/finding.js';
import { EXIT } from '../exit.js';

const MARKS: Readonly<Record<Level, { mark: string; color: 'green' | 'yellow' | 'red' }>> = {
  well: { mark: '✓', color: 'green' },
  warning: { mark: '!', color: 'yellow' },
  fault: { mark: '✗', color: 'red' },
  away: { mark: '✗', color: 'red' },
};
const EXAMPLES = `
✓ well, ! should be seen to, ✗ must be mended. Changes nothing, anywhere; works also while Redis or Postgres is down.
Exit status: 0 no ✗, 1 a ✗, 3 Redis or Postgres does not answer.

Examples:
  aisle doctor
  aisle doctor --json | jq '.checks[] | select(.level != "well")'`;

export function registerDoctor(program: Command, context: Context): void {
  program
    .command('doctor')
    .description('Look at Redis, Postgres, this machine and the settings; say what is wrong and what to do.')
    .option('--json', 'one JSON object: {ok, checks: [{check, level, text, remedy}]}')
    .addHelpText('after', EXAMPLES)
    .action(async ({ json }: { json?: boolean }) => {
      const checks = await examine(context.terminal.env);
      const has = (level: Level): boolean => checks.some((finding) => finding.level === level);
      if (has('fault')) context.found();
      if (has('away')) context.found(EXIT.away);
      const ok = !has('fault') && !has('away');
      context.say(json, { ok, checks }, [...checks.flatMap((finding) => lines(context, finding)), summary(checks)]);
    });
}

function lines({ terminal }: Context, { check, level, text, remedy }: Finding): string[] {
  const { mark, color } = MARKS[level];
  const shown = terminal.color === true ? styleText(color, mark) : mark;
  return [`${shown} ${check}: ${text}`, ...(remedy === undefined ? [] : [`  → ${remedy}`])];
}

function summary(checks: readonly Finding[]): string {
  const count = (...levels: readonly Level[]): number => checks.filter(({ level }) => levels.includes(level)).length;
  return `${checks.length} checks: ${count('well')} well, ${count('warning')} to be seen to, ${count('fault', 'away')} to be mended.`;
}
