import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { lookup as systemLookup } from 'node:dns';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parseAddressPolicy } from '../../server/src/domain/webhooks/address.js';
import { createSender, type Attempt } from '../../worker/src/webhooks/sender.js';

let server: Server;
let port = 0;
let requests = 0;
beforeAll(async () => {
  server = createServer((_request, response) => {
    requests += 1;
    response.writeHead(204).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
  port = (server.address() as AddressInfo).port;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

type Answers = (string | Error)[][];
/** A resolver that answers these in turn, the last for ever. */
function resolver(answers: Answers): { lookup: typeof systemLookup; asked: () => number } {
  let asked = 0;
  const lookup = (_name: string, _options: unknown, callback: (error: Error | null, found?: unknown) => void): void => {
    const answer = answers[Math.min(asked, answers.length - 1)] ?? [];
    asked += 1;
    const [first] = answer;
    setTimeout(() => {
      if (first instanceof Error) callback(first);
      else
        callback(
          null,
          answer.map((address) => ({ address, family: String(address).includes(':') ? 6 : 4 })),
        );
    }, 5);
  };
  return { lookup: lookup as typeof systemLookup, asked: () => asked };
}
async function send(allow: string, answers: Answers, times = 1): Promise<{ attempts: Attempt[]; asked: number }> {
  const { lookup, asked } = resolver(answers);
  const sender = createSender({ policy: parseAddressPolicy(allow), timeoutMs: 1000, lookup });
  const attempts = await Promise.all(
    Array.from({ length: times }, () => sender.send(`https://shop.example:${port}/`, {}, '{}')),
  );
  await sender.close();
  return { attempts, asked: asked() };
}
const why = ([attempt]: Attempt[]): string => (attempt?.kind === 'failed' ? attempt.why : 'answered');

describe('W7 the address is looked at where the connection is made', () => {
  test.each([
    [['127.0.0.1']],
    [['10.0.0.1']],
    [['169.254.169.254']],
    [['::1']],
    [['::ffff:127.0.0.1']],
    // One bad one is enough: which of them would be taken is anybody's guess.
    [['8.8.8.8', '127.0.0.1']],
  ])('W7 a name that means %s is not connected to', async (addresses) => {
    const before = requests;
    const { attempts } = await send('0', [addresses]);
    expect(why(attempts)).toContain('shop.example: ');
    expect(why(attempts)).toContain('is not a public address');
    expect(requests).toBe(before);
  });

  test('W7 a name that meant a public address at the check and loopback at the connect gains nothing', async () => {
    const { lookup } = resolver([['203.0.114.1'], ['127.0.0.1']]);
    const sender = createSender({ policy: parseAddressPolicy('0'), timeoutMs: 300, lookup });
    expect(why([await sender.send(`https://shop.example:${port}/`, {}, '{}')])).not.toContain('public');
    expect(why([await sender.send(`https://shop.example:${port}/`, {}, '{}')])).toContain('is not a public address');
    await sender.close();
  });

  test('W7 what was allowed at creation and is not any more is not sent', async () => {
    const sender = createSender({ policy: parseAddressPolicy('0'), timeoutMs: 1000 });
    const before = requests;
    expect(why([await sender.send(`http://127.0.0.1:${port}/`, {}, '{}')])).toContain('loopback');
    expect(requests).toBe(before);
    await sender.close();
    const open = createSender({ policy: parseAddressPolicy('1'), timeoutMs: 1000 });
    expect(await open.send(`http://127.0.0.1:${port}/`, {}, '{}')).toMatchObject({ kind: 'answered', status: 204 });
    await open.close();
  });

  test('W8 many deliveries to one name ask the resolver once, and its failure is told', async () => {
    const { attempts, asked } = await send(
      '0',
      [[Object.assign(new Error('no such name'), { code: 'ENOTFOUND' })]],
      10,
    );
    expect(attempts.map((attempt) => attempt.kind)).toEqual(Array.from({ length: 10 }, () => 'failed'));
    expect(why(attempts)).toBe('ENOTFOUND: no such name');
    expect(asked).toBe(1);
  });
});
