import type { OpenAPIHono } from '@hono/zod-openapi';
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { eventIdSchema, wireError } from '@aisle/client/protocol';
import type { AppContext, AppEnv } from './context.js';
import { errorBody } from './errors.js';
import { staticFiles } from './static-files.js';

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
  app.get('/assets/*', async (c) => (await web(c, c.req.path.slice(1))) ?? notFound(c));

  app.get('/docs', (c) => c.html(DOCS_PAGE, 200, { 'cache-control': 'no-cache' }));
  app.get('/docs/start.js', (c) => c.body(DOCS_SCRIPT, 200, { 'content-type': 'text/javascript; charset=utf-8' }));
  for (const file of ['swagger-ui.css', 'swagger-ui-bundle.js']) {
    app.get(`/docs/${file}`, async (c) => (await swagger(c, file)) ?? notFound(c));
  }
}

/** A page for a person, an error object for a program. The catalogue has no code for an address that means nothing. */
export function notFound(c: AppContext): Response {
  const { method, path } = c.req;
  const person = path !== '/v1' && !path.startsWith('/v1/') && c.req.header('accept')?.includes('text/html') === true;
  if (person)
    return new Response(NOT_FOUND_PAGE, { status: 404, headers: { 'content-type': 'text/html; charset=utf-8' } });
  const error = wireError('INVALID_REQUEST', {
    message: `There is no ${method} of this address.`,
    remediation: 'See /docs for the calls there are.',
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
    <style>
      body { font: 1.1rem/1.5 system-ui, sans-serif; max-width: 32rem; margin: 20vh auto; padding: 0 1.5rem; }
    </style>
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
