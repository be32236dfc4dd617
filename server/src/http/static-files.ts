import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { extname, join, resolve, sep } from 'node:path';
import type { AppContext } from './context.js';
import { BodyCache } from './body-cache.js';
import { encodedBody, respond } from './encoding.js';

const CACHE_BYTES = 64 * 1024 * 1024;
/** A build that puts a hash of the content into the name: picker-4F7QXW2K.js */
const HASHED = /[-.][A-Z0-9]{8}\.\w+$/;
const FOREVER = 'public, max-age=31536000, immutable';
/** Kept, but asked after each time: the ETag makes that cheap. */
const REVALIDATE = 'no-cache';

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.mjs': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json',
  '.map': 'application/json',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.jpg': 'image/jpeg',
  '.webp': 'image/webp',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
  '.txt': 'text/plain; charset=utf-8',
};

/** Files of one folder, compressed once; null: there is no such file there. */
export type StaticFiles = (c: AppContext, path: string) => Promise<Response | null>;

export function staticFiles(folder: string): StaticFiles {
  const root = resolve(folder);
  const bodies = new BodyCache(CACHE_BYTES);
  return async (c, path) => {
    const file = insideOf(root, path);
    const type = TYPES[extname(path).toLowerCase()];
    if (file === null || type === undefined) return null;
    const facts = await stat(file).catch(() => null);
    if (facts?.isFile() !== true) return null;
    const tag = `${facts.mtimeMs} ${facts.size}`;
    const read = async () => {
      const content = Buffer.from(await readFile(file));
      return encodedBody(`"${createHash('sha256').update(content).digest('base64url').slice(0, 16)}"`, content);
    };
    return respond(c, await bodies.get(file, read, tag), HASHED.test(path) ? FOREVER : REVALIDATE, type);
  };
}

/** null: outside of the folder, hidden, or not a path at all. */
function insideOf(root: string, path: string): string | null {
  const plain = decode(path);
  if (plain === null || /[\0\\]/.test(plain) || plain.split('/').some((part) => part.startsWith('.'))) return null;
  const file = resolve(join(root, plain));
  return file.startsWith(root + sep) ? file : null;
}

function decode(path: string): string | null {
  try {
    return decodeURIComponent(path);
  } catch {
    return null;
  }
}
