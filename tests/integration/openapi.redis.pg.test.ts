import { createEventSchema, ERRORS, holdCommandSchema, patchEventSchema } from '@aisle/client/protocol';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { startHttpWorld, type HttpWorld } from './support/http-world.js';

const schemaObject = z.looseObject({
  properties: z.record(z.string(), z.unknown()).optional(),
  required: z.array(z.string()).optional(),
  additionalProperties: z.unknown().optional(),
});
const operation = z.looseObject({
  summary: z.string(),
  requestBody: z.unknown().optional(),
  responses: z.record(z.string(), z.unknown()),
});
const documentSchema = z.looseObject({
  openapi: z.string(),
  paths: z.record(z.string(), z.record(z.string(), operation)),
  components: z.object({ schemas: z.record(z.string(), schemaObject) }),
});

describe('P6 /openapi.json', () => {
  let world: HttpWorld;
  let document: z.infer<typeof documentSchema>;
  beforeAll(async () => {
    world = await startHttpWorld();
    document = documentSchema.parse((await world.call('GET', '/openapi.json', { token: null })).body);
  });
  afterAll(() => world.stop());
  const component = (name: string): z.infer<typeof schemaObject> =>
    schemaObject.parse(document.components.schemas[name]);
  const operations = (): [path: string, method: string][] =>
    Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method): [string, string] => [path, method]),
    );

  test('P6 lists the calls of the contract', () => {
    const listed = operations().map(([path, method]) => `${method.toUpperCase()} ${path}`);
    expect(listed).toEqual(
      expect.arrayContaining([
        'POST /v1/sessions',
        'POST /v1/events',
        'GET /v1/events',
        'GET /v1/events/{id}',
        'PATCH /v1/events/{id}',
        ...['publish', 'open', 'pause', 'close', 'cancel', 'block', 'unblock'].map(
          (step) => `POST /v1/events/{id}/${step}`,
        ),
        'GET /v1/events/{id}/chart',
        'GET /v1/events/{id}/seats',
        'GET /v1/events/{id}/inventory',
        'GET /v1/events/{id}/holds',
        'POST /v1/inventory/holds',
        'POST /v1/inventory/best-available',
        'GET /v1/inventory/holds/{token}',
        'DELETE /v1/inventory/holds/{token}',
        'POST /v1/inventory/holds/{token}/extend',
        'POST /v1/inventory/holds/{token}/release',
      ]),
    );
  });

  test.each([
    ['CreateEvent', createEventSchema],
    ['PatchEvent', patchEventSchema],
  ])('P6 %s has the fields, the required ones and the strictness of the schema that parses it', (name, schema) => {
    const parsing = schemaObject.parse(z.toJSONSchema(schema, { io: 'input' }));
    expect(Object.keys(component(name).properties ?? {}).sort()).toEqual(Object.keys(parsing.properties ?? {}).sort());
    expect(component(name).additionalProperties).toBe(false);
    // The chart is checked by a validator of its own, so the document alone knows that it must be there.
    const required = (list: string[] | undefined): string[] => (list ?? []).filter((field) => field !== 'chart').sort();
    expect(required(component(name).required)).toEqual(required(parsing.required));
  });

  test('P6 a hold over REST takes what a hold over sockets takes, its request id in the header', () => {
    const text = JSON.stringify(document.paths['/v1/inventory/holds']?.post?.requestBody);
    const ref = /"#\/components\/schemas\/(\w+)"/.exec(text)?.[1];
    const schema =
      ref === undefined
        ? schemaObject.parse(
            z.looseObject({ content: z.record(z.string(), z.object({ schema: schemaObject })) }).parse(JSON.parse(text))
              .content['application/json']?.schema,
          )
        : component(ref);
    const socket = Object.keys(holdCommandSchema.shape);
    expect(Object.keys(schema.properties ?? {}).filter((field) => !socket.includes(field))).toEqual([]);
    expect(Object.keys(schema.properties ?? {})).toEqual(
      expect.arrayContaining(['eventId', 'seats', 'areas', 'holdToken']),
    );
  });

  test('P6 E1 the error object names the whole catalogue', () => {
    const code = z.object({ enum: z.array(z.string()) }).parse(component('Error').properties?.code);
    expect(code.enum.sort()).toEqual(Object.keys(ERRORS).sort());
  });

  test('P6 every call that it lists is there: without a token it is answered, or refused by its own rules', async () => {
    for (const [path, method] of operations()) {
      const url = path.replace('{id}', 'no-such-event').replace('{token}', 'no-such-event.no-such-hold');
      const { status, body } = await world.call(method.toUpperCase(), url, { token: null });
      const code = z.object({ error: z.object({ code: z.string(), message: z.string() }) }).safeParse(body).data?.error;
      expect(status, `${method} ${path}`).toBeLessThan(500);
      if (status >= 400) expect(Object.keys(ERRORS), `${method} ${path}`).toContain(code?.code);
      expect(Object.keys(document.paths[path]?.[method]?.responses ?? {}), `${method} ${path}`).toContain(
        String(status),
      );
    }
  });
});
