import { AisleError, ERRORS, wireError, type ErrorCode, type ErrorDefinition } from '@aisle/client/protocol';
import { format } from 'prettier';
import { describe, expect, test } from 'vitest';
import { projectFiles, readProjectFile } from '../helpers/project-files.js';

const CODES = Object.keys(ERRORS) as ErrorCode[];

/** Codes that the contract has reserved for what is not built yet: [code, what it comes with]. */
const LATER: Partial<Record<ErrorCode, string>> = {
  ADMISSION_REQUIRED: 'the admission queue',
  WAITLIST_NOT_FOUND: 'the waitlist',
  OFFER_EXPIRED: 'the waitlist',
};

function sendAgain({ retryable, remediation }: ErrorDefinition): string {
  if (!retryable) return 'no';
  return remediation.includes('retryAfterMs') ? 'yes, after `retryAfterMs`' : 'yes, after a pause that grows';
}

const row = (code: ErrorCode): string => {
  const definition = ERRORS[code];
  const later = LATER[code];
  const message = later === undefined ? definition.message : `${definition.message} _Comes with ${later}._`;
  return `| \`${code}\` | ${String(definition.status)} | ${sendAgain(definition)} | ${message} | ${definition.remediation} |`;
};

const page = `# Errors

Written by \`npx vitest run tests/unit/docs-errors.test.ts --update\` from \`client-sdk/src/protocol/errors.ts\`; the same
test fails while this page and the code differ (SPEC E1, E2).

Every refusal is one object, the same in socket acks (\`{ok: false, error}\`), in HTTP bodies (\`{error}\`) and in
\`connect_error.data\`:

    {"code": "SEAT_UNAVAILABLE", "message": "…", "remediation": "…", "retryable": false, "details": {"seats": ["A-1"]}}

- \`code\` is one of the list below and never changes its meaning. A client that meets a code it does not know goes by \`retryable\`.
- \`message\` says what happened, \`remediation\` what to do about it. Both are for people and may be worded better one day.
- \`retryable\` is true where the very same call can succeed later without anything changing at the caller. Send it with the
  same request id: then it has one effect, however often it arrives. Over HTTP a \`Retry-After\` header (in seconds) says the
  same as \`retryAfterMs\`.
- \`details\` depends on the code; what the remediation names is there.

| Code | HTTP | Send the same call again? | What happened | What to do |
|---|---|---|---|---|
${CODES.map(row).join('\n')}
`;

describe('E1 the error catalogue', () => {
  test('E1 docs/ERRORS.md is what the code says', async () => {
    await expect(await format(page, { parser: 'markdown', printWidth: 120 })).toMatchFileSnapshot(
      '../../docs/ERRORS.md',
    );
  });

  test('E1 the page names each code once and no other', () => {
    const named = [...readProjectFile('docs/ERRORS.md').matchAll(/^\| `([A-Z_]+)`/gm)].map(([, code]) => code);
    expect(named).toEqual(CODES);
  });

  test('E1 every code is given somewhere in server or worker, or is marked as coming later; never both', () => {
    const sources = projectFiles(['server/src', 'worker/src'], /\.(ts|lua)$/)
      // A port's type names codes; it gives none.
      .filter(({ path }) => !path.includes('/domain/ports/'));
    const given = CODES.filter((code) => sources.some(({ text }) => new RegExp(`['"]${code}['"]`).test(text)));
    expect(given).toEqual(CODES.filter((code) => LATER[code] === undefined));
  });

  test('E1 no code outside the catalogue is given', () => {
    const known = new Set<string>(CODES);
    const uses = projectFiles(['server/src', 'worker/src', 'launcher/src', 'client-sdk/src'], /\.ts$/).flatMap(
      ({ path, text }) =>
        [...text.matchAll(/(?:AisleError\.of|wireError)\(\s*['"]([A-Za-z_]+)['"]/g)].map(([, code = '']) => ({
          path,
          code,
        })),
    );
    expect(uses.length).toBeGreaterThan(0);
    expect(uses.filter(({ code }) => !known.has(code))).toEqual([]);
  });
});

describe('E2 what a code promises', () => {
  test.each(CODES)('E2 %s has a status for HTTP, a sentence for what happened and one for what to do', (code) => {
    const { status, message, remediation } = ERRORS[code];
    expect(status).toBeGreaterThanOrEqual(400);
    expect(status).toBeLessThan(600);
    expect(message).toMatch(/^[A-Z].*\.$/);
    expect(remediation).toMatch(/^[A-Z].*\.$/);
    expect(remediation).not.toBe(message);
  });

  test('E2 the codes worth sending again are those of a busy or failing service, and each says how', () => {
    const retryable = CODES.filter((code) => ERRORS[code].retryable);
    expect(retryable).toEqual(['RATE_LIMITED', 'UNAVAILABLE', 'INTERNAL']);
    for (const code of retryable) expect(ERRORS[code].remediation).toMatch(/retryAfterMs|same request id/);
    // 429 and 5xx and nothing else: a proxy or an HTTP client that knows no codes then does the right thing too.
    expect(CODES.filter((code) => ERRORS[code].status === 429 || ERRORS[code].status >= 500)).toEqual(retryable);
  });

  test('E2 the wire form leaves out what there is not, and an exception carries it there and back', () => {
    const wire = wireError('RATE_LIMITED', { retryAfterMs: 250, details: { scope: 'subject' } });
    expect(wire).toEqual({
      code: 'RATE_LIMITED',
      message: ERRORS.RATE_LIMITED.message,
      remediation: ERRORS.RATE_LIMITED.remediation,
      retryable: true,
      retryAfterMs: 250,
      details: { scope: 'subject' },
    });
    expect(new AisleError(wire).toWire()).toEqual(wire);
    expect(Object.keys(wireError('FORBIDDEN'))).toEqual(['code', 'message', 'remediation', 'retryable']);
    const unknown = { code: 'FROM_A_LATER_SERVER', message: 'New.', retryable: true };
    expect(new AisleError(unknown).toWire()).toEqual(unknown);
  });
});
