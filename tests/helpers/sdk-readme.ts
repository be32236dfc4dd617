import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';

const README = resolve(import.meta.dirname, '../../client-sdk/README.md');
const EXAMPLE = /```js\n([\s\S]*?)```/;
const ADDRESS = "'http://127.0.0.1:3000'";

/** The ten-line example of the SDK's README as it stands there, but for the address. */
export function readmeExample(url: string): string {
  const example = EXAMPLE.exec(readFileSync(README, 'utf8'))?.[1];
  if (!example?.includes(ADDRESS)) throw new Error(`no example with ${ADDRESS} in ${README}`);
  return example.replace(ADDRESS, `'${url}'`);
}
