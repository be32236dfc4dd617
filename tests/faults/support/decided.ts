import type { Ack, UpPayload } from '@aisle/client/protocol';
import type { Buyer } from '../../helpers/buyers.js';
import { sleep } from '../../helpers/wait.js';

/** As the SDK does: what may be sent again is, under the same request id (S7), until it is decided. */
export async function untilDecided<N extends 'hold' | 'release'>(
  buyer: Buyer,
  name: N,
  payload: UpPayload<N> & { readonly requestId: string },
): Promise<Ack<N>> {
  for (;;) {
    const ack = await buyer.send(name, payload, 60_000);
    if (ack.ok || !ack.error.retryable) return ack;
    await sleep(ack.error.retryAfterMs ?? 100);
  }
}
