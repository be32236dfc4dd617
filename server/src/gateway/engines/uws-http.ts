import { wireError, type WireError } from '@aisle/client/protocol';
import type { HttpRequest, HttpResponse } from 'uWebSockets.js';
import type { Logger } from '../../platform/logger.js';
import { clientIp, joinForwarded } from './client-ip.js';
import type { FetchHandler } from './engine.js';
import { UwsRequestBody } from './uws-body.js';
import { UwsReply } from './uws-reply.js';

/** An answer to a client that is still sending waits this long for it to stop. */
const DRAIN_MS = 2000;
const HOST = /^[\w.:[\]-]+$/;

export interface UwsHttpDeps {
  readonly fetch: FetchHandler;
  readonly logger: Logger;
  readonly trustProxy: number;
  readonly maxBodyBytes: number;
}

interface Head {
  readonly method: string;
  readonly host: string;
  readonly url: string;
  readonly headers: [string, string][];
  readonly ip: string;
  readonly contentLength: number;
  readonly hasBody: boolean;
}

/** fetch on uWS: bodies streamed both ways with the client's pace, answers written in one cork where they fit. */
export class UwsHttp {
  #underWay = 0;
  #onIdle: (() => void) | null = null;

  constructor(private readonly deps: UwsHttpDeps) {}

  readonly handle = (res: HttpResponse, req: HttpRequest): void => {
    const reply = new UwsReply(res);
    const head = readHead(res, req, this.deps.trustProxy);
    const body = head.hasBody ? new UwsRequestBody(res, this.deps.maxBodyBytes) : null;
    if (body !== null) reply.onAbort(() => body.abort());
    this.#underWay++;
    this.#serve(reply, head, body)
      .catch((error: unknown) => {
        // Not the address: it may hold a hold token, or what opens somebody's tickets.
        if (!isAbort(error)) this.deps.logger.warn({ err: error, method: head.method }, 'answer not sent');
      })
      .finally(() => {
        this.#underWay--;
        if (this.#underWay === 0) this.#onIdle?.();
      });
  };

  /** Resolves when no request is under way, or after `waitMs`. */
  async idle(waitMs: number): Promise<void> {
    if (this.#underWay === 0) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, waitMs);
      this.#onIdle = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  async #serve(reply: UwsReply, head: Head, body: UwsRequestBody | null): Promise<void> {
    const response = await this.#answer(head, body);
    let close = false;
    if (body !== null && !body.done) {
      await body.drained(DRAIN_MS);
      close = !body.done;
    }
    await reply.send(response, head.method, close);
  }

  async #answer(head: Head, body: UwsRequestBody | null): Promise<Response> {
    const { maxBodyBytes } = this.deps;
    if (head.contentLength > maxBodyBytes) return tooLarge(maxBodyBytes);
    let request: Request;
    try {
      request = toRequest(head, body);
    } catch {
      return errorResponse(
        400,
        wireError('INVALID_REQUEST', { message: 'The request line or a header is malformed.' }),
      );
    }
    try {
      const response = await this.deps.fetch(request, { ip: head.ip });
      return body?.tooLarge === true && response.status >= 400 ? tooLarge(maxBodyBytes) : response;
    } catch (error) {
      if (body?.tooLarge === true) return tooLarge(maxBodyBytes);
      if (!isAbort(error)) this.deps.logger.error({ err: error, method: head.method }, 'request handler threw');
      return errorResponse(500, wireError('INTERNAL'));
    }
  }
}

/** The request lives on the stack: everything is read before the handler returns. */
function readHead(res: HttpResponse, req: HttpRequest, trustProxy: number): Head {
  const headers: [string, string][] = [];
  req.forEach((name, value) => headers.push([name, value]));
  const method = req.getCaseSensitiveMethod();
  // Undefined where the URL has no "?", whatever its type says.
  const query = (req.getQuery() as string | undefined) ?? '';
  const host = req.getHeader('host') || 'localhost';
  const contentLength = Number(req.getHeader('content-length') || '0');
  return {
    method,
    host,
    url: `http://${host}${req.getUrl()}${query === '' ? '' : `?${query}`}`,
    headers,
    ip: clientIp(Buffer.from(res.getRemoteAddressAsText()).toString('latin1'), joinForwarded(req), trustProxy),
    contentLength,
    hasBody: contentLength > 0 || req.getHeader('transfer-encoding') !== '',
  };
}

/** Throws TypeError where fetch takes the method, the address or a header for malformed. */
function toRequest(head: Head, body: UwsRequestBody | null): Request {
  const { method, url, headers } = head;
  // Anything else in it would move the line between host and path: a proxy's rule for /metrics would look at another path.
  if (!HOST.test(head.host)) throw new TypeError('malformed Host');
  // A GET with a body is legal HTTP and means nothing; fetch knows no such thing.
  if (body === null || method === 'GET' || method === 'HEAD') return new Request(url, { method, headers });
  return new Request(url, { method, headers, body: body.stream, duplex: 'half' });
}

const tooLarge = (maxBytes: number): Response =>
  errorResponse(413, wireError('PAYLOAD_TOO_LARGE', { details: { maxBytes } }));

export function errorResponse(status: number, error: WireError): Response {
  return Response.json({ error }, { status });
}

const isAbort = (error: unknown): boolean => error instanceof Error && error.name === 'AbortError';
