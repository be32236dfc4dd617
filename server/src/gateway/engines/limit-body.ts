import { wireError } from '@aisle/client/protocol';

/** Answers 413 for a body of more than `maxBytes`, whether its length was announced or not. */
export async function limitBody(
  request: Request,
  maxBytes: number,
  next: (request: Request) => Response | Promise<Response>,
): Promise<Response> {
  if (request.method === 'GET' || request.method === 'HEAD') return next(request);
  const announced = request.headers.get('content-length');
  if (announced !== null) return Number(announced) > maxBytes ? tooLarge(maxBytes) : next(request);
  // Without length and without chunks there is no body.
  if (!request.headers.has('transfer-encoding') || request.body === null) return next(request);
  let received = 0;
  // Field by field: the adapter's request looks like one but Request's constructor does not take it for one.
  const { url, method, headers, signal } = request;
  const counted = request.body.pipeThrough(
    new TransformStream<Uint8Array, Uint8Array>({
      transform: (chunk, controller) => {
        received += chunk.byteLength;
        if (received > maxBytes) controller.error(new Error(`The body has more than ${maxBytes} bytes.`));
        else controller.enqueue(chunk);
      },
    }),
  );
  try {
    const response = await next(new Request(url, { method, headers, signal, body: counted, duplex: 'half' }));
    return received > maxBytes && response.status >= 400 ? tooLarge(maxBytes) : response;
  } catch (error) {
    if (received > maxBytes) return tooLarge(maxBytes);
    throw error;
  }
}

const tooLarge = (maxBytes: number): Response =>
  Response.json({ error: wireError('PAYLOAD_TOO_LARGE', { details: { maxBytes } }) }, { status: 413 });
