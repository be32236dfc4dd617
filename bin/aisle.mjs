#!/usr/bin/env node
// The command line of Aisle. What it does is in cli/src; `aisle --help` lists it.
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const program = new URL('../dist/cli/src/main.js', import.meta.url);
if (!existsSync(fileURLToPath(program))) {
  process.stderr.write(
    `aisle: nothing is built in ${fileURLToPath(new URL('..', import.meta.url))}. Run \`npm run build\` there first.\n`,
  );
  process.exit(2);
}
const { run } = await import(program.href);
await run(process.argv.slice(2));
