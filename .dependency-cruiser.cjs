/**
 * Who may import whom: the import table of docs/adr/0001, as rules that fail. One row of ROOMS is one forbidden rule,
 * "<room>-imports-only-its-own": from that room into anything of this repository that is not on its list.
 * tests/unit/import-rules.test.ts proves that every rule here can fail and that the tree keeps them all.
 */

/** room → where it lives (a regular expression on paths from the root). */
const WHERE = {
  protocol: '^client-sdk/src/protocol/',
  sdk: '^client-sdk/src/(?!(protocol|picker|react)/)',
  // The drawing: numbers in, pixels out; knows no holds and no network.
  'picker-map': '^client-sdk/src/picker/map/',
  picker: '^client-sdk/src/picker/(?!map/)',
  react: '^client-sdk/src/react/',
  'server-sdk': '^server-sdk/src/',
  platform: '^server/src/platform/',
  domain: '^server/src/domain/',
  redis: '^server/src/redis/',
  db: '^server/src/db/',
  jobs: '^server/src/jobs/',
  auth: '^server/src/auth/',
  rebuild: '^server/src/rebuild/',
  tickets: '^server/src/tickets/',
  limits: '^server/src/limits/',
  commands: '^server/src/commands/',
  fanout: '^server/src/fanout/',
  gateway: '^server/src/gateway/',
  http: '^server/src/http/',
  worker: '^worker/src/',
  launcher: '^launcher/src/',
  cli: '^cli/src/',
  // The only part of the gateway that a tool may ask: does uWebSockets.js load here?
  'uws-loader': '^server/src/gateway/engines/load-uws\\.ts$',
  payments: '^server/src/payments/',
  sandbox: '^sandbox/src/',
  web: '^web/',
  crowd: '^crowd/src/',
};

/** room → the rooms it may import besides itself. server/src/server.ts and main.ts wire everything and have no row. */
const ROOMS = {
  protocol: [],
  sdk: ['protocol'],
  'picker-map': ['protocol'],
  picker: ['protocol', 'sdk', 'picker-map'],
  react: ['protocol', 'sdk', 'picker'],
  'server-sdk': ['protocol'],
  platform: ['protocol'],
  domain: ['protocol'],
  redis: ['protocol', 'domain', 'platform'],
  db: ['protocol', 'domain', 'platform'],
  jobs: ['protocol', 'domain', 'platform'],
  auth: ['protocol', 'domain', 'platform', 'db'],
  rebuild: ['protocol', 'domain', 'platform', 'redis', 'db'],
  limits: ['protocol', 'domain', 'platform'],
  commands: ['protocol', 'domain', 'platform'],
  fanout: ['protocol', 'domain', 'platform'],
  tickets: ['protocol', 'domain', 'platform', 'db'],
  gateway: ['protocol', 'domain', 'platform', 'auth', 'commands', 'fanout', 'limits'],
  http: ['protocol', 'domain', 'platform', 'auth', 'commands', 'fanout', 'limits', 'db', 'tickets'],
  worker: ['protocol', 'domain', 'platform', 'redis', 'db', 'jobs', 'rebuild', 'payments'],
  payments: ['protocol', 'domain', 'platform'],
  // A provider is outside: it knows nothing of Aisle.
  sandbox: [],
  // No second implementation of anything: what the command line does, it does by these. Never gateway or http.
  cli: ['protocol', 'domain', 'platform', 'redis', 'db', 'rebuild', 'auth', 'commands', 'uws-loader'],
  web: ['protocol', 'sdk', 'picker', 'picker-map'],
  crowd: ['protocol', 'sdk'],
};

/** Where the repository's own code lives; what is outside (npm, node) has rules of its own below. */
const OWN = '^(client-sdk|server-sdk|server|worker|launcher|sandbox|cli|crowd|web|tests|bench|scripts|docs)/';

const roomRule = ([room, may]) => ({
  name: `${room}-imports-only-its-own`,
  comment: `${room} may import ${['itself', ...may].join(', ')}; nothing else of this repository.`,
  severity: 'error',
  from: { path: WHERE[room] },
  to: { path: OWN, pathNot: [room, ...may].map((name) => WHERE[name]) },
});

/** A driver is known to one room; the others see a port. Types alone may be named where a value is handed through. */
const driverRule = ([driver, rooms]) => ({
  name: `${driver.replace(/[^a-z]+/gi, '-').toLowerCase()}-stays-in-its-room`,
  comment: `${driver} is used in ${rooms.join(', ')} and wired in main.ts; everybody else sees a port.`,
  severity: 'error',
  from: {
    path: '^(client-sdk|server|worker|launcher|sandbox|cli|crowd|web)/',
    pathNot: rooms.map((room) => WHERE[room] ?? room),
  },
  to: { path: `^node_modules/${driver}/`, dependencyTypesNot: ['type-only'] },
});
const MAIN = '^server/src/main\\.ts$';
const DRIVERS = {
  ioredis: ['redis'],
  postgres: ['db'],
  bullmq: ['jobs', 'worker'],
  'socket\\.io': ['gateway', MAIN],
  'uWebSockets\\.js': ['gateway'],
  hono: ['http', 'gateway', 'sandbox'],
  stripe: ['payments'],
  'socket\\.io-client': ['sdk'],
  preact: ['picker', 'web'],
  react: ['react'],
};

/** Modules of the protocol without a schema at run time: what the SDK's core may import as values. */
const WITHOUT_ZOD = '^client-sdk/src/protocol/(version|errors|map-codec|token|down/[^/]+)\\.ts$';
const PRODUCT = '^(client-sdk|server-sdk|server|worker|launcher|sandbox|cli|crowd|web)/';
/** What a browser loads from the SDK: its core, the picker, the wrapper. */
const IN_BROWSER = '^client-sdk/src/(?!protocol/)';

module.exports = {
  forbidden: [
    ...Object.entries(ROOMS).map(roomRule),
    {
      name: 'launcher-imports-only-its-own',
      comment:
        'launcher may import the configuration, the logger, the migrations and the charts; it starts the rest as processes.',
      severity: 'error',
      from: { path: WHERE.launcher },
      to: {
        path: OWN,
        pathNot: [WHERE.launcher, WHERE.protocol, WHERE.platform, '^server/src/db/', '^server/src/domain/chart/'],
      },
    },
    {
      name: 'nobody-imports-main',
      comment: 'What wires is started, never imported; tests may.',
      severity: 'error',
      from: { path: PRODUCT, pathNot: '^(server|worker|launcher|sandbox|crowd)/src/main\\.ts$' },
      to: { path: '^((server|worker|launcher|sandbox|crowd)/src/main|server/src/server|worker/src/start)\\.ts$' },
    },
    ...Object.entries(DRIVERS).map(driverRule),
    {
      name: 'sdk-core-is-free-of-zod',
      comment:
        'zod is 25.8 KB gzip in a browser bundle: outside src/protocol its types may be named, never its values.',
      severity: 'error',
      from: { path: IN_BROWSER },
      to: { path: '^node_modules/zod/', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'sdk-core-takes-no-schema',
      comment:
        'A value import of a protocol module with schemas would bring zod into the bundle; take types, or a module without.',
      severity: 'error',
      from: { path: IN_BROWSER },
      to: { path: WHERE.protocol, pathNot: WITHOUT_ZOD, dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'schemaless-protocol-stays-schemaless',
      comment: 'The modules that the SDK takes as values must not lead to zod by the back door.',
      severity: 'error',
      from: { path: WITHOUT_ZOD },
      to: { path: '^(node_modules/zod/|client-sdk/src/)', pathNot: WITHOUT_ZOD, dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'browser-code-is-free-of-node',
      comment: 'client-sdk and web run in browsers: no node: modules.',
      severity: 'error',
      from: { path: '^(client-sdk/src|web)/' },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'domain-is-pure',
      comment: 'Rules know nothing of files, sockets, clocks or drivers; hashing is arithmetic.',
      severity: 'error',
      from: { path: WHERE.domain },
      to: { dependencyTypes: ['core'], pathNot: '^(node:)?crypto$' },
    },
    {
      name: 'product-imports-no-tests',
      comment: 'What ships leans on nothing that does not.',
      severity: 'error',
      from: { path: PRODUCT, pathNot: '\\.test\\.ts$' },
      to: { path: '^(tests|bench|scripts|docs)/|\\.test\\.ts$' },
    },
    {
      name: 'product-needs-no-dev-dependency',
      comment: 'A production install leaves devDependencies out.',
      severity: 'error',
      from: { path: '^(client-sdk|server|worker|sandbox|cli|crowd)/src/', pathNot: '\\.test\\.ts$' },
      to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only', 'npm'], pathNot: '^node_modules/@types/' },
    },
    {
      name: 'no-undeclared-dependency',
      comment: 'A package that is there only because another one brought it may be gone tomorrow.',
      severity: 'error',
      from: { path: PRODUCT },
      // A peer is declared by whoever has it: React, by the page that uses the wrapper.
      to: { dependencyTypes: ['npm-no-pkg', 'npm-unknown'], dependencyTypesNot: ['npm-peer'] },
    },
    {
      name: 'nothing-unresolvable',
      comment: 'An import that leads nowhere escapes every other rule.',
      severity: 'error',
      from: { path: PRODUCT },
      to: { couldNotResolve: true },
    },
    {
      name: 'no-circular',
      comment: 'A cycle has no first part to understand. Types count too.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'no-orphans',
      comment:
        'A module nobody imports and that imports nobody is dead, or missing its wire. lifeline.ts is loaded by `node --import`.',
      severity: 'error',
      from: {
        orphan: true,
        path: PRODUCT,
        pathNot: ['\\.d\\.ts$', '/main\\.ts$', '/lifeline\\.ts$', '^web/', '(^|/)[^/]+\\.config\\.[cm]?[jt]s$'],
      },
      to: {},
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(^|/)(dist|coverage|\\.aisle)/' },
    // Type imports count: a type from the wrong room is a dependency on that room.
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      // `aisle-source` first: @aisle/client is checked as the source that it is, not as what was last built.
      conditionNames: ['aisle-source', 'import', 'require', 'node', 'default', 'types'],
      mainFields: ['module', 'main', 'types', 'typings'],
    },
    // `./x.js` is `./x.ts` on disk.
    skipAnalysisNotInRules: true,
  },
};
