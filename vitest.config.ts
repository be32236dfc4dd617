import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const inSdk = (file: string): string => fileURLToPath(new URL(`client-sdk/src/${file}`, import.meta.url));
/**
 * Tests see @aisle/client as it is written, not as it was last built. The same as the condition `aisle-source`, which
 * vitest does not pass on to its global setup.
 */
const alias = [
  { find: /^@aisle\/client$/, replacement: inSdk('index.ts') },
  { find: /^@aisle\/client\/protocol$/, replacement: inSdk('protocol/index.ts') },
];

export default defineConfig({
  resolve: { alias },
  test: {
    include: ['tests/**/*.test.ts', '{server,worker,launcher,client-sdk}/src/**/*.test.ts', 'web/**/*.test.ts'],
    // What the suffix of a file says it needs is there: tests/helpers start it when it is first asked for.
    globalSetup: ['tests/helpers/global-setup.ts'],
    pool: 'forks',
    // Each file may start servers of its own; more at once would measure the machine, not the code.
    maxWorkers: 2,
    testTimeout: 20_000,
    hookTimeout: 60_000,
    teardownTimeout: 20_000,
  },
});
