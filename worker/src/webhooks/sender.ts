import { lookup as resolve, type LookupAddress } from 'node:dns';
import { Agent, request } from 'undici';
import { addressFault, urlFault, type AddressPolicy } from '../../../server/src/domain/webhooks/address.js';

/** What came of one attempt. */
export type Attempt =
  | { readonly kind: 'answered'; readonly status: number; readonly retryAfter: string | undefined }
  /** Nothing answered: refused, timed out, not resolved, or an address that is not allowed. */
  | { readonly kind: 'failed'; readonly why: string };

export interface Sender {
  /** Never rejects. */
  send(url: string, headers: Readonly<Record<string, string>>, body: string): Promise<Attempt>;
  close(): Promise<void>;
}

export interface SenderOptions {
  readonly policy: AddressPolicy;
  /** For the whole of an attempt. */
  readonly timeoutMs: number;
  /** Default: the system's. */
  readonly lookup?: typeof resolve;
}

/** An answer's body says nothing to us; a short one is read off so that the connection can be used again. */
const MAX_ANSWER_BYTES = 64 * 1024;
const KEEP_ALIVE_MS = 10_000;

/**
 * One POST, no redirects (SPEC W7). The address is looked at where the connection is made, so that a name that means one
 * thing at the check and another at the connect gains nothing.
 */
export function createSender({ policy, timeoutMs, lookup = resolve }: SenderOptions): Sender {
  const agent = new Agent({
    connect: { lookup: guardedLookup(policy, lookup), timeout: timeoutMs },
    keepAliveTimeout: KEEP_ALIVE_MS,
    headersTimeout: timeoutMs,
    bodyTimeout: timeoutMs,
  });
  return {
    async send(url, headers, body) {
      const fault = urlFault(url, policy);
      if (fault !== null) return { kind: 'failed', why: fault };
      try {
        const signal = AbortSignal.timeout(timeoutMs);
        const answer = await request(url, { method: 'POST', dispatcher: agent, headers: { ...headers }, body, signal });
        // The status is the answer, whatever becomes of the rest.
        await answer.body.dump({ limit: MAX_ANSWER_BYTES, signal }).catch(() => undefined);
        const retryAfter = answer.headers['retry-after'];
        return {
          kind: 'answered',
          status: answer.statusCode,
          retryAfter: typeof retryAfter === 'string' ? retryAfter : undefined,
        };
      } catch (error) {
        return { kind: 'failed', why: reasonOf(error, timeoutMs) };
      }
    },
    close: () => agent.destroy(),
  };
}

const MAX_REASON_LENGTH = 200;

function reasonOf(error: unknown, timeoutMs: number): string {
  if (!(error instanceof Error)) return 'unknown';
  if (error.name === 'TimeoutError' || error.name === 'HeadersTimeoutError' || error.name === 'BodyTimeoutError')
    return `no answer within ${timeoutMs} ms`;
  const code = 'code' in error && typeof error.code === 'string' ? `${error.code}: ` : '';
  return `${code}${error.message}`.slice(0, MAX_REASON_LENGTH);
}

type LookupCallback = (error: NodeJS.ErrnoException | null, address: string | LookupAddress[], family?: number) => void;
type Lookup = (hostname: string, options: { all?: boolean | undefined }, callback: LookupCallback) => void;

/**
 * The system's resolver runs on four threads for everybody: one lookup a name at a time, however many deliveries wait for it.
 * A name with any address that is not allowed is refused whole.
 */
function guardedLookup(policy: AddressPolicy, lookup: typeof resolve): Lookup {
  const running = new Map<string, Promise<LookupAddress[]>>();
  const ask = (hostname: string): Promise<LookupAddress[]> =>
    new Promise((done, fail) => {
      lookup(hostname, { all: true }, (error, addresses) => {
        if (error === null) done(addresses);
        else fail(error);
      });
    });
  const shared = (hostname: string): Promise<LookupAddress[]> => {
    let asked = running.get(hostname);
    if (asked === undefined) {
      asked = ask(hostname).finally(() => running.delete(hostname));
      running.set(hostname, asked);
    }
    return asked;
  };
  return (hostname, options, callback) => {
    shared(hostname).then(
      (addresses) => {
        const fault = addresses.map(({ address }) => addressFault(address, policy)).find((found) => found !== null);
        const [first] = addresses;
        if (fault !== undefined) callback(new Error(`${hostname}: ${fault}`), '');
        else if (first === undefined) callback(new Error(`${hostname} has no address`), '');
        else if (options.all === true) callback(null, addresses);
        else callback(null, first.address, first.family);
      },
      (error: unknown) => callback(error instanceof Error ? error : new Error(String(error)), ''),
    );
  };
}
