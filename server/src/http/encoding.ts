import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';
import type { AppContext } from './context.js';

const brotli = promisify(brotliCompress);
const deflate = promisify(gzip);

export type Encoding = 'br' | 'gzip' | 'identity';
/** Below one packet compression only costs. */
const MIN_BYTES = 1024;
/** 5: 60 KB of map in about 2 ms, off the main thread; 11 would take a hundred times as long for a tenth less. */
const BROTLI_QUALITY = 5;

/** The best encoding a caller accepts; brotli first. */
export function acceptedEncoding(header: string | undefined): Encoding {
  if (header === undefined) return 'identity';
  const quality = new Map<string, number>();
  for (const part of header.split(',')) {
    const [name = '', ...parameters] = part.trim().toLowerCase().split(';');
    const q = parameters
      .map((parameter) => /^\s*q=([\d.]+)$/.exec(parameter)?.[1])
      .find((value) => value !== undefined);
    quality.set(name.trim(), q === undefined ? 1 : Number(q));
  }
  const of = (name: string): number => quality.get(name) ?? quality.get('*') ?? 0;
  if (of('br') > 0 && of('br') >= of('gzip')) return 'br';
  return of('gzip') > 0 ? 'gzip' : 'identity';
}

/** One body in every encoding asked for so far, each made once however many wait for it. */
export interface EncodedBody {
  readonly etag: string;
  as(encoding: Encoding): Promise<Uint8Array<ArrayBuffer>> | Uint8Array<ArrayBuffer>;
  /** Uncompressed. */
  readonly byteLength: number;
}

/** `known` gives encodings that exist already. */
export function encodedBody(
  etag: string,
  body: Buffer<ArrayBuffer>,
  known: { gzip?: Buffer<ArrayBuffer> } = {},
): EncodedBody {
  let br: Promise<Buffer<ArrayBuffer>> | undefined;
  let gz: Promise<Buffer<ArrayBuffer>> | undefined;
  return {
    etag,
    byteLength: body.byteLength,
    as(encoding) {
      if (encoding === 'identity') return body;
      if (encoding === 'gzip') return known.gzip ?? (gz ??= deflate(body));
      const size = {
        [constants.BROTLI_PARAM_QUALITY]: BROTLI_QUALITY,
        [constants.BROTLI_PARAM_SIZE_HINT]: body.byteLength,
      };
      return (br ??= brotli(body, { params: { ...size, [constants.BROTLI_PARAM_MODE]: constants.BROTLI_MODE_TEXT } }));
    },
  };
}

/** RFC 9110 §13.1.2: any of the list, weak or not, or "*". */
export function matchesEtag(header: string | undefined, etag: string): boolean {
  if (header === undefined) return false;
  return header.split(',').some((candidate) => {
    const tag = candidate.trim().replace(/^W\//, '');
    return tag === '*' || tag === etag;
  });
}

/** 304, or the body in the encoding the caller likes best. */
export async function respond(
  c: AppContext,
  body: EncodedBody,
  cacheControl: string,
  contentType = 'application/json',
): Promise<Response> {
  const headers = new Headers({ etag: body.etag, 'cache-control': cacheControl, vary: 'Accept-Encoding' });
  if (matchesEtag(c.req.header('if-none-match'), body.etag)) return new Response(null, { status: 304, headers });
  const encoding = body.byteLength >= MIN_BYTES ? acceptedEncoding(c.req.header('accept-encoding')) : 'identity';
  if (encoding !== 'identity') headers.set('content-encoding', encoding);
  headers.set('content-type', contentType);
  const bytes = await body.as(encoding);
  headers.set('content-length', String(bytes.byteLength));
  return new Response(bytes, { headers });
}
