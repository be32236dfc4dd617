import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { Sandbox } from '../../sandbox/src/app.js';
import { fileJournal } from '../../sandbox/src/journal.js';

/** The provider that payments are tested against must itself be right about money. */

const SECRET = 'the secret of the sandbox';
const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

const open = (file: string | null = null): Sandbox =>
  new Sandbox({ secret: SECRET, webhookUrl: null, journal: file === null ? null : fileJournal(file) });
let keys = 0;
async function call(sandbox: Sandbox, address: string, body: object, options: { key?: string; secret?: string } = {}) {
  const response = await sandbox.app.request(`/v1${address}`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${options.secret ?? SECRET}`,
      'idempotency-key': options.key ?? `key ${keys++}`,
    },
    body: JSON.stringify(body),
  });
  const answer = (await response.json()) as {
    id: string;
    status: string;
    clientSecret: string;
    error?: { code: string };
  };
  return { status: response.status, replayed: response.headers.get('idempotent-replayed') === 'true', body: answer };
}
const create = (sandbox: Sandbox, key?: string) =>
  call(
    sandbox,
    '/charges',
    { amountMinor: 1000, currency: 'EUR', metadata: { attemptId: 'pay_1' } },
    key === undefined ? {} : { key },
  );

describe('the payment sandbox', () => {
  test('O4 one key is one charge, also after a restart; other content under it is refused', async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'aisle-sandbox-'));
    folders.push(folder);
    const file = path.join(folder, 'books.jsonl');
    const first = open(file);
    const made = await create(first, 'pay_1');
    await call(first, `/charges/${made.body.id}/confirm`, { paymentToken: 'tok_ok' }, { key: 'pay_1:confirm' });
    const again = open(file);
    expect(await create(again, 'pay_1')).toMatchObject({ replayed: true, body: { id: made.body.id } });
    const confirmed = await call(
      again,
      `/charges/${made.body.id}/confirm`,
      { paymentToken: 'tok_ok' },
      { key: 'pay_1:confirm' },
    );
    expect(confirmed).toMatchObject({ status: 200, replayed: true });
    expect(again.ledger.movements()).toMatchObject([{ kind: 'capture', amountMinor: 1000 }]);
    const other = await call(again, '/charges', { amountMinor: 1, currency: 'EUR' }, { key: 'pay_1' });
    expect(other).toMatchObject({ status: 409, body: { error: { code: 'idempotency_mismatch' } } });
  });

  test('I2 never gives back more than it took, however it is asked', async () => {
    const sandbox = open();
    const { body: charge } = await create(sandbox);
    const refund = (amountMinor: number) => call(sandbox, '/refunds', { chargeId: charge.id, amountMinor });
    expect((await refund(1)).body.error?.code).toBe('not_captured');
    await call(sandbox, `/charges/${charge.id}/confirm`, { paymentToken: 'tok_ok' });
    const answers = await Promise.all([refund(400), refund(400), refund(400)]);
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 200, 409]);
    expect(await refund(200)).toMatchObject({ status: 200 });
    expect(await refund(1)).toMatchObject({ status: 409, body: { error: { code: 'refund_above_charge' } } });
    expect(sandbox.ledger.charge(charge.id)).toMatchObject({ capturedMinor: 1000, refundedMinor: 1000 });
  });

  test('O4 cancelled is cancelled: a confirmation that comes later takes nothing; a paid one stays paid', async () => {
    const sandbox = open();
    const { body: charge } = await create(sandbox);
    await call(sandbox, `/charges/${charge.id}/cancel`, {});
    const late = await call(sandbox, `/charges/${charge.id}/confirm`, { paymentToken: 'tok_ok' });
    expect(late.body.error?.code).toBe('charge_cancelled');
    const { body: paid } = await create(sandbox);
    await call(sandbox, `/charges/${paid.id}/confirm`, { paymentToken: 'tok_ok' });
    expect((await call(sandbox, `/charges/${paid.id}/cancel`, {})).body.status).toBe('succeeded');
    const twice = await call(sandbox, `/charges/${paid.id}/confirm`, { paymentToken: 'tok_ok' });
    expect(twice.body.error?.code).toBe('charge_already_paid');
    expect(sandbox.ledger.movements()).toHaveLength(1);
  });

  test('nobody without its key asks or reads; a client secret confirms its own charge alone', async () => {
    const sandbox = open();
    const { body: charge } = await create(sandbox);
    const { body: other } = await create(sandbox);
    expect((await call(sandbox, '/charges', { amountMinor: 1, currency: 'EUR' }, { secret: 'wrong' })).status).toBe(
      401,
    );
    expect((await sandbox.app.request('/v1/ledger')).status).toBe(401);
    const own = { secret: charge.clientSecret };
    expect((await call(sandbox, `/charges/${other.id}/confirm`, { paymentToken: 'tok_ok' }, own)).status).toBe(401);
    expect((await call(sandbox, `/charges/${charge.id}/confirm`, { paymentToken: 'tok_ok' }, own)).status).toBe(200);
  });
});
