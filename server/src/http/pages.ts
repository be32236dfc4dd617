import type { OpenAPIHono } from '@hono/zod-openapi';
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { eventIdSchema, wireError } from '@aisle/client/protocol';
import type { AppContext, AppEnv } from './context.js';
import { errorBody } from './errors.js';
import { DOCS_POLICY } from './security.js';
import { staticFiles, type StaticFiles } from './static-files.js';

/** The pages that ship and the reader of the API; nothing comes from another host. */
export function pageRoutes(app: OpenAPIHono<AppEnv>, webRoot: string): void {
  const web = staticFiles(webRoot);
  const swagger = staticFiles(dirname(createRequire(import.meta.url).resolve('swagger-ui-dist/package.json')));

  // The buyer's pages are one; which of them is shown, it reads from the address.
  for (const path of ['/', '/events/:id', '/checkout/:id', '/orders/:id', '/tickets']) {
    app.get(path, async (c) => (await web(c, 'shop.html')) ?? notFound(c));
  }
  app.get('/e/:eventId', async (c) => {
    if (!eventIdSchema.safeParse(c.req.param('eventId')).success) return notFound(c);
    return (await web(c, 'picker.html')) ?? notFound(c);
  });
  // One page; what is behind /admin/ is its own business.
  for (const path of ['/admin', '/admin/*']) {
    app.get(path, async (c) => (await web(c, 'admin.html')) ?? notFound(c));
  }
  app.get('/box-office', async (c) => (await web(c, 'box-office.html')) ?? notFound(c));
  pickerRoutes(app, web);
  app.get('/assets/*', async (c) => (await web(c, c.req.path.slice(1))) ?? notFound(c));

  app.get('/docs', (c) =>
    c.html(DOCS_PAGE, 200, { 'cache-control': 'no-cache', 'content-security-policy': DOCS_POLICY }),
  );
  app.get('/docs/start.js', (c) => c.body(DOCS_SCRIPT, 200, { 'content-type': 'text/javascript; charset=utf-8' }));
  for (const file of ['swagger-ui.css', 'swagger-ui-bundle.js']) {
    app.get(`/docs/${file}`, async (c) => (await swagger(c, file)) ?? notFound(c));
  }
}

const PICKER_LATEST = 'picker/latest.json';

/**
 * `<aisle-seat-map>` for script tags of pages anywhere: public code, so any origin may read it, which an integrity hash needs.
 * An address with a version in it never changes what it gives.
 */
function pickerRoutes(app: OpenAPIHono<AppEnv>, web: StaticFiles): void {
  const open = { 'access-control-allow-origin': '*', 'cross-origin-resource-policy': 'cross-origin' };
  const give = async (c: AppContext, path: string, caching: string): Promise<Response> => {
    const found = await web(c, path);
    if (found === null) return notFound(c, 'The script tag of this version is in /picker/latest.json.');
    for (const [name, value] of Object.entries({ ...open, 'cache-control': caching })) found.headers.set(name, value);
    return found;
  };
  app.get('/picker/latest.json', (c) => give(c, PICKER_LATEST, 'no-cache'));
  app.get('/picker/:version/:file', (c) =>
    give(c, `picker/${c.req.param('version')}/${c.req.param('file')}`, 'public, max-age=31536000, immutable'),
  );
}

/** A page for a person, an error object for a program. The catalogue has no code for an address that means nothing. */
export function notFound(c: AppContext, remediation = 'See /docs for the calls there are.'): Response {
  const { method, path } = c.req;
  const person = path !== '/v1' && !path.startsWith('/v1/') && c.req.header('accept')?.includes('text/html') === true;
  if (person)
    return new Response(NOT_FOUND_PAGE, { status: 404, headers: { 'content-type': 'text/html; charset=utf-8' } });
  const error = wireError('INVALID_REQUEST', {
    message: `There is no ${method} of this address.`,
    remediation,
  });
  return errorBody(error, 404);
}

const NOT_FOUND_PAGE = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <meta name="color-scheme" content="light dark" />
    <title>Not found · Aisle</title>
    <link rel="stylesheet" href="/assets/base.css" />
    <link rel="stylesheet" href="/assets/not-found.css" />
  </head>
  <body>
    <h1>This row does not exist</h1>
    <p>There is no page at this address. It may have been mistyped, or the event is over.</p>
    <p><a href="/">See all events</a></p>
  </body>
</html>
`;

const DOCS_PAGE = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <title>Aisle API</title>
    <link rel="icon" href="/assets/mark.svg" type="image/svg+xml" />
    <link rel="stylesheet" href="/docs/swagger-ui.css" />
    <script defer src="/docs/swagger-ui-bundle.js"></script>
    <script defer src="/docs/start.js"></script>
  </head>
  <body>
    <div id="docs"><p>Loading… The document itself: <a href="/openapi.json">/openapi.json</a></p></div>
  </body>
</html>
`;

const DOCS_SCRIPT = `SwaggerUIBundle({
  url: '/openapi.json',
  dom_id: '#docs',
  deepLinking: true,
  displayRequestDuration: true,
  defaultModelsExpandDepth: 0,
  persistAuthorization: false,
});
`;
