import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createEventSchema, ERRORS, patchEventSchema, type ErrorCode, type Hold } from '@aisle/client/protocol';
import { z } from 'zod';
import { eventBody, startHttpWorld, type Answer, type HttpWorld } from './support/http-world.js';

interface Schema {
  $ref?: string;
  type?: string | string[];
  properties?: Record<string, Schema>;
  required?: string[];
  additionalProperties?: unknown;
}
interface Operation {
  summary?: string;
  tags?: string[];
  parameters?: { name: string; in: string; required: boolean; schema: Schema }[];
  requestBody?: { content: Record<string, { schema: Schema }> };
  responses: Record<string, { description: string; content?: Record<string, { schema: Schema }> }>;
}
interface Document {
  openapi: string;
  info: { title: string; version: string };
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, Schema>; securitySchemes: Record<string, unknown> };
}

/** The calls that are made here, each answer held against its description. */
const CALLED_HERE = [
  ...['post /v1/events', 'get /v1/events', 'get /v1/events/{id}', 'patch /v1/events/{id}'],
  ...['publish', 'open', 'pause', 'close', 'cancel', 'block', 'unblock'].map((step) => `post /v1/events/{id}/${step}`),
  ...['chart', 'seats', 'inventory', 'holds'].map((view) => `get /v1/events/{id}/${view}`),
  ...[
    'post /v1/inventory/holds',
    'post /v1/inventory/best-available',
    'get /v1/inventory/holds/{token}',
    'delete /v1/inventory/holds/{token}',
  ],
  ...['post /v1/inventory/holds/{token}/extend', 'post /v1/inventory/holds/{token}/release'],
  ...['post /v1/sessions', 'get /healthz', 'get /readyz', 'get /metrics'],
];
/** All calls of the contract. The others are made in the tests of their own. */
const CALLS = [
  ...CALLED_HERE,
  'post /v1/charts/preview',
  ...['post /v1/orders', 'get /v1/orders', 'get /v1/orders/{id}', 'post /v1/bookings', 'post /v1/checkout'],
  ...['cancel', 'confirm', 'exchange', 'pay', 'refund', 'tickets/link'].map((step) => `post /v1/orders/{id}/${step}`),
  ...['log', 'status', 'tickets'].map((view) => `get /v1/orders/{id}/${view}`),
  ...['blocks', 'live', 'log', 'statistics'].map((view) => `get /v1/events/{id}/${view}`),
  ...['get /v1/inventory/holds', 'get /v1/queues', 'post /v1/queues/{name}/retry'],
  ...['post /v1/events/{id}/bookings/import', 'post /v1/payments/{provider}/webhook', 'post /v1/buyers/erase'],
  ...['get /v1/tickets', 'post /v1/tickets/scan', 'get /v1/tickets/keys', 'post /v1/tickets/keys'],
  'post /v1/tickets/keys/{kid}/retire',
  ...['post /v1/webhooks', 'get /v1/webhooks'],
  ...['get', 'patch', 'delete'].map((method) => `${method} /v1/webhooks/{id}`),
  ...['deliveries/{deliveryId}/replay', 'replay-dead', 'rotate-secret', 'test'].map(
    (step) => `post /v1/webhooks/{id}/${step}`,
  ),
  ...['get /v1/webhooks/{id}/deliveries', 'get /v1/switches', 'get /v1/switches/changes'],
  ...['put', 'delete'].map((method) => `${method} /v1/switches/{name}`),
  'post /v1/subjects/{subject}/drop-holds',
  ...['post /v1/keys', 'get /v1/keys', 'delete /v1/keys/{id}'],
  ...['post /v1/sessions/revoke', 'post /v1/sessions/upgrade', 'get /v1/session'],
];

let world: HttpWorld;
let document: Document;
beforeAll(async () => {
  world = await startHttpWorld();
  document = (await world.call('GET', '/openapi.json')).body as Document;
});
afterAll(() => world.stop());

const operations = (): [call: string, Operation][] =>
  Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]): [string, Operation] => [`${method} ${path}`, operation]),
  );

describe('P6 /openapi.json', () => {
  test('is OpenAPI 3.1 with every call of the contract, each said what it does', () => {
    expect(document).toMatchObject({ openapi: '3.1.0', info: { title: 'Aisle', version: '0.0.0' } });
    expect(
      operations()
        .map(([call]) => call)
        .toSorted(),
    ).toEqual(CALLS.toSorted());
    for (const [call, { summary, tags, responses }] of operations()) {
      expect(summary, call).toBeTruthy();
      expect(tags, call).toHaveLength(1);
      expect(
        Object.keys(responses).some((status) => status.startsWith('2')),
        call,
      ).toBe(true);
    }
  });

  test.each([
    ['CreateEvent', createEventSchema],
    ['PatchEvent', patchEventSchema],
  ])('%s has the fields, the required ones and the strictness of the schema that parses it', (name, schema) => {
    const parsing = z.toJSONSchema(schema, { io: 'input' });
    const documented = document.components.schemas[name];
    expect(Object.keys(documented?.properties ?? {}).toSorted()).toEqual(
      Object.keys(parsing.properties ?? {}).toSorted(),
    );
    expect(documented?.required?.toSorted()).toEqual(parsing.required?.toSorted());
    expect(documented?.additionalProperties).toBe(false);
  });

  test('every reference points at something', () => {
    const text = JSON.stringify(document);
    const references = new Set([...text.matchAll(/"\$ref":"([^"]+)"/g)].map((match) => match[1] ?? ''));
    expect(references.size).toBeGreaterThan(8);
    for (const reference of references) {
      const name = /^#\/components\/schemas\/(\w+)$/.exec(reference)?.[1] ?? '';
      expect(document.components.schemas, reference).toHaveProperty(name);
    }
    expect(document.components.schemas.CreateEvent?.properties?.chart).toEqual({ $ref: '#/components/schemas/Chart' });
    expect(document.components.schemas.CreateEvent?.required).toContain('chart');
  });

  test('every part of a path is a parameter, and no parameter is else', () => {
    for (const [call, { parameters = [] }] of operations()) {
      const inPath = [...call.matchAll(/\{(\w+)\}/g)].map((match) => match[1]);
      expect(
        parameters.filter((parameter) => parameter.in === 'path').map(({ name }) => name),
        call,
      ).toEqual(inPath);
      expect(
        parameters.filter((parameter) => parameter.in === 'path').every(({ required }) => required),
        call,
      ).toBe(true);
    }
  });

  test('E1 each error code stands under the status of the catalogue', () => {
    const seen = new Set<string>();
    for (const [call, { responses }] of operations()) {
      for (const [status, { description, content }] of Object.entries(responses)) {
        if (content?.['application/json']?.schema.$ref !== '#/components/schemas/ErrorEnvelope') continue;
        for (const code of description.split(', ')) {
          expect(ERRORS, call).toHaveProperty(code);
          expect(ERRORS[code as ErrorCode].status, `${call} ${code}`).toBe(Number(status));
          seen.add(code);
        }
      }
    }
    expect(seen.size).toBeGreaterThan(20);
  });

  /** Why they take none: what is given out must not be the same twice, or doing it twice does nothing more, or nothing at all. */
  const WITHOUT_KEY = new Set([
    ...['post /v1/charts/preview', 'post /v1/queues/{name}/retry'],
    ...['post /v1/sessions', 'post /v1/orders/{id}/tickets/link', 'post /v1/tickets/keys'],
    ...['post /v1/webhooks/{id}/rotate-secret', 'post /v1/webhooks/{id}/test'],
    ...['post /v1/tickets/keys/{kid}/retire', 'post /v1/buyers/erase', 'post /v1/payments/{provider}/webhook'],
    ...['post /v1/webhooks/{id}/deliveries/{deliveryId}/replay', 'post /v1/webhooks/{id}/replay-dead'],
    'post /v1/subjects/{subject}/drop-holds',
  ]);
  test('every POST of the contract takes an Idempotency-Key, but for those named', () => {
    for (const [call, { parameters = [] }] of operations()) {
      if (!call.startsWith('post ') || WITHOUT_KEY.has(call)) continue;
      expect(
        parameters.map(({ name }) => name),
        call,
      ).toContain('idempotency-key');
    }
  });
});

describe('P5 P6 each handler answers as its route says', () => {
  /** The answer's status is documented for the call, and its body fits the schema there. */
  function expectDocumented(call: string, answer: Answer): void {
    const [method = '', path = ''] = call.split(' ');
    const response = document.paths[path]?.[method]?.responses[String(answer.status)];
    expect(response, `${call} → ${answer.status} ${JSON.stringify(answer.body)}`).toBeDefined();
    const schema = response?.content?.['application/json']?.schema;
    if (schema === undefined) return;
    const { $defs, ...whole } = JSON.parse(
      JSON.stringify({ ...schema, $defs: document.components.schemas }).replaceAll('#/components/schemas/', '#/$defs/'),
    ) as Record<string, unknown>;
    const parsed = z
      .fromJSONSchema({ ...whole, $defs } as Parameters<typeof z.fromJSONSchema>[0])
      .safeParse(answer.body);
    expect(parsed.success ? [] : parsed.error.issues, call).toEqual([]);
  }

  test('all of them', async () => {
    const tried = new Set<string>();
    const does = async (
      call: string,
      values: Record<string, string> = {},
      body?: unknown,
      token?: string,
    ): Promise<Answer> => {
      const [method = '', pattern = ''] = call.split(' ');
      const path = pattern.replace(/\{(\w+)\}/g, (_all, name: string) => values[name] ?? '');
      const answer = await world.call(method.toUpperCase(), path, {
        ...(body === undefined ? {} : { body }),
        ...(token === undefined ? {} : { token }),
      });
      expectDocumented(call, answer);
      tried.add(call);
      return answer;
    };
    const session = await does('post /v1/sessions', {}, {});
    expect(session.status).toBe(201);
    const buyer = await world.guest();
    const { id } = (
      await does('post /v1/events', {}, eventBody({ venue: 'Opera', saleEndsAt: '2031-01-01T00:00:00Z' }))
    ).body as { id: string };
    await does('post /v1/events', {}, { name: 7 });
    await does('get /v1/events');
    await does('get /v1/events/{id}', { id });
    await does('get /v1/events/{id}', { id: 'nowhere' });
    await does('patch /v1/events/{id}', { id }, { version: 1, name: 'Other' });
    await does('patch /v1/events/{id}', { id }, { version: 1, name: 'Late' });
    await does('get /v1/events/{id}/seats', { id });
    for (const step of ['publish', 'open', 'pause', 'open']) await does(`post /v1/events/{id}/${step}`, { id }, {});
    for (const view of ['chart', 'seats', 'inventory']) await does(`get /v1/events/{id}/${view}`, { id });
    const { token } = (
      await does(
        'post /v1/inventory/holds',
        {},
        { eventId: id, seats: ['r0-0', 'r0-1'], areas: [{ id: 'floor', quantity: 1 }] },
        buyer,
      )
    ).body as Hold;
    await does('post /v1/inventory/holds', {}, { eventId: id, seats: ['r0-0'] });
    await does('post /v1/inventory/best-available', {}, { eventId: id, quantity: 2 });
    await does('get /v1/inventory/holds/{token}', { token }, undefined, buyer);
    await does('post /v1/inventory/holds/{token}/extend', { token }, {}, buyer);
    await does('post /v1/inventory/holds/{token}/release', { token }, { seats: ['r0-0'] }, buyer);
    await does('get /v1/events/{id}/holds', { id });
    await does('delete /v1/inventory/holds/{token}', { token }, undefined, buyer);
    await does('delete /v1/inventory/holds/{token}', { token }, undefined, buyer);
    await does('post /v1/events/{id}/block', { id }, { seats: ['r1-0'] });
    await does('post /v1/events/{id}/unblock', { id }, { seats: ['r1-0'] });
    await does('post /v1/events/{id}/close', { id }, {});
    await does('post /v1/events/{id}/publish', { id }, {});
    await does('post /v1/events/{id}/cancel', { id }, {});
    for (const path of ['/healthz', '/readyz', '/metrics']) await does(`get ${path}`);
    expect([...tried].toSorted()).toEqual(CALLED_HERE.toSorted());
  });
});
