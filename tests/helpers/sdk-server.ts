import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Server, type Socket } from 'socket.io';
import { wireError, type ErrorCode, type WireError } from '../../client-sdk/src/protocol/errors.js';
import type { ExtendCommand, HoldCommand, Subscribe, UpName } from '../../client-sdk/src/protocol/index.js';
import { World } from './sdk-world.js';

/** What the script says to one emit: swallow the answer before or after carrying it out, refuse, or nothing special. */
export type Scripted = 'serve' | 'ignore' | 'lose-answer' | 'cut-before' | 'cut-after' | { error: WireError };
export interface Seen {
  readonly name: UpName;
  readonly payload: Record<string, unknown>;
  readonly subject: string | null;
  readonly socketId: string;
}
type Handshake = { token?: string | null; protocol?: number; client?: string };
type Ack = (answer: unknown) => void;

/**
 * A small real Socket.IO server that keeps to the contract and misbehaves on demand: what a client must survive, one
 * fault at a time. Not Aisle: no Redis, one process, seats named S0, S1, …
 */
export class SdkServer {
  readonly worlds = new Map<string, World>();
  readonly seen: Seen[] = [];
  readonly handshakes: Handshake[] = [];
  readonly rest: { method: string; path: string; authorization: string | undefined }[] = [];
  /** How often each request id was really carried out. */
  readonly carriedOut = new Map<string, number>();
  /** Decides on each handshake; a string is the subject. */
  admit: (handshake: Handshake) => string | null | WireError = ({ token }) => token ?? null;
  /** Decides on each emit. */
  script: (seen: Seen) => Scripted = () => 'serve';
  /** Decides on each frame that would go to a room. */
  deliver: (eventId: string) => boolean = () => true;
  /** Answers are kept back until then. */
  answersAfter: Promise<void> | null = null;
  expiresAt: string | null = null;
  /** null: no hello at all. */
  helloDelayMs: number | null = 0;
  readonly io: Server;
  readonly #http = createServer((request, response) => this.#rest(request, response));
  readonly #remembered = new Map<string, { fingerprint: string; answer: unknown }>();
  readonly #beacons: NodeJS.Timeout;

  constructor(beaconMs = 100) {
    this.io = new Server(this.#http, { transports: ['websocket'], serveClient: false });
    this.io.use((socket, next) => {
      const handshake = socket.handshake.auth as Handshake;
      this.handshakes.push(handshake);
      const admitted = this.admit(handshake);
      if (admitted !== null && typeof admitted !== 'string')
        return next(Object.assign(new Error(admitted.message), { data: admitted }));
      socket.data = { subject: admitted };
      next();
    });
    this.io.on('connection', (socket) => this.#connected(socket));
    this.#beacons = setInterval(() => this.beacon(), beaconMs);
  }

  static async start(beaconMs?: number): Promise<SdkServer> {
    const server = new SdkServer(beaconMs);
    await new Promise<void>((resolve) => server.#http.listen(0, '127.0.0.1', resolve));
    return server;
  }

  get port(): number {
    return (this.#http.address() as AddressInfo).port;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  world(eventId = 'evt', seats = 20): World {
    const world = this.worlds.get(eventId) ?? new World(eventId, seats);
    this.worlds.set(eventId, world);
    return world;
  }

  change(world: World, entry: Parameters<World['change']>[0]): void {
    const frame = world.change(entry);
    if (this.deliver(world.eventId)) this.io.to(world.eventId).emit('seats', frame);
  }

  beacon(): void {
    for (const { eventId, epoch, seq, status } of this.worlds.values())
      this.io.to(eventId).emit('beacon', { eventId, epoch, seq, status });
  }

  count(name: UpName): number {
    return this.seen.filter((seen) => seen.name === name).length;
  }

  /** Ends every connection without a word, as a crashing node does. */
  cutAll(): void {
    for (const socket of this.io.sockets.sockets.values()) socket.conn.close();
  }

  async close(): Promise<void> {
    clearInterval(this.#beacons);
    await this.io.close();
  }

  #connected(socket: Socket): void {
    const { subject } = socket.data as { subject: string | null };
    const hello = {
      protocol: 1,
      server: 'test/1',
      subject,
      role: subject === null ? 'viewer' : 'guest',
      expiresAt: this.expiresAt,
      limits: { placesPerCall: 50, subscriptions: 20 },
      tickMs: 50,
    };
    if (this.helloDelayMs !== null) setTimeout(() => socket.emit('hello', hello), this.helloDelayMs);
    socket.onAny((name: UpName, payload: Record<string, unknown>, ack: Ack) =>
      this.#emitted(socket, name, payload, ack),
    );
  }

  #emitted(socket: Socket, name: UpName, payload: Record<string, unknown>, ack: Ack): void {
    const { subject } = socket.data as { subject: string | null };
    const seen = { name, payload, subject, socketId: socket.id };
    this.seen.push(seen);
    const scripted = this.script(seen);
    if (scripted === 'ignore') return;
    if (scripted === 'cut-before') return socket.conn.close();
    if (typeof scripted === 'object') return ack({ ok: false, error: scripted.error });
    const answer = this.#carryOut(socket, subject, name, payload);
    if (scripted === 'cut-after') return socket.conn.close();
    if (scripted !== 'serve') return;
    if (this.answersAfter === null) ack(answer);
    else void this.answersAfter.then(() => ack(answer));
  }

  /** With the memory of request ids (SPEC S7): same id, same answer, one effect. */
  #carryOut(socket: Socket, subject: string | null, name: UpName, payload: Record<string, unknown>): unknown {
    const { requestId } = payload;
    if (typeof requestId !== 'string') return this.#serve(socket, subject, name, payload);
    const key = `${subject}:${requestId}`;
    const fingerprint = JSON.stringify([name, payload]);
    const known = this.#remembered.get(key);
    if (known !== undefined) return known.fingerprint === fingerprint ? known.answer : refuse('IDEMPOTENCY_MISMATCH');
    const answer = this.#serve(socket, subject, name, payload);
    this.carriedOut.set(requestId, (this.carriedOut.get(requestId) ?? 0) + 1);
    this.#remembered.set(key, { fingerprint, answer });
    return answer;
  }

  #serve(socket: Socket, subject: string | null, name: UpName, payload: Record<string, unknown>): unknown {
    if (name === 'authenticate') {
      const { token } = payload as { token: string };
      socket.data = { subject: token };
      return { ok: true, subject: token, role: 'guest', expiresAt: this.expiresAt };
    }
    const world = this.worlds.get(String(payload.eventId));
    if (world === undefined) return refuse('EVENT_NOT_FOUND');
    if (name === 'unsubscribe') {
      void socket.leave(world.eventId);
      return { ok: true };
    }
    if (name === 'subscribe') {
      void socket.join(world.eventId);
      return { ok: true, ...world.subscribe(payload as Subscribe) };
    }
    if (subject === null) return refuse('UNAUTHENTICATED');
    const mine = [...world.holds.values()].filter((held) => held.subject === subject).map(({ hold }) => hold);
    if (name === 'holds') return { ok: true, holds: mine };
    if (name === 'hold') return this.#hold(world, subject, payload as HoldCommand);
    if (name === 'hold-best') {
      const free = world.letters.flatMap((letter, seatNo) => (letter === 'a' ? [`S${seatNo}`] : []));
      return this.#hold(world, subject, { eventId: world.eventId, seats: free.slice(0, Number(payload.quantity)) });
    }
    const held = mine.find(({ token }) => token === (payload as ExtendCommand).holdToken);
    if (held === undefined) return refuse('HOLD_NOT_FOUND');
    if (name === 'release') {
      world.holds.delete(held.token);
      this.change(
        world,
        held.seats.map((id) => [Number(id.slice(1)), 'a']),
      );
      return { ok: true, epoch: world.epoch, seq: world.seq };
    }
    return { ok: true, hold: held, epoch: world.epoch, seq: world.seq };
  }

  #hold(world: World, subject: string, command: HoldCommand): unknown {
    const hold = world.hold(subject, command);
    if (hold === null) return refuse('SEAT_UNAVAILABLE');
    this.change(
      world,
      hold.seats.map((id) => [Number(id.slice(1)), 'h']),
    );
    return { ok: true, hold, epoch: world.epoch, seq: world.seq };
  }

  #rest(request: IncomingMessage, response: ServerResponse): void {
    const { method = '', url: path = '', headers } = request;
    this.rest.push({ method, path, authorization: headers.authorization });
    const answer = (status: number, body: unknown): void => {
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    };
    if (method === 'POST' && path === '/v1/sessions') {
      const subject = `guest-${this.rest.length}`;
      return answer(201, {
        token: subject,
        subject,
        role: 'guest',
        expiresAt: new Date(Date.now() + 3_600_000).toISOString(),
      });
    }
    if (path.startsWith('/v1/events?') || path === '/v1/events') {
      return answer(200, { items: [...this.worlds.values()].map(({ eventId: id, status }) => ({ id, status })) });
    }
    const [, eventId = '', part] = /^\/v1\/events\/([^/]+)(?:\/(\w+))?$/.exec(path) ?? [];
    const world = this.worlds.get(eventId);
    if (world === undefined || (eventId.startsWith('draft') && headers.authorization === undefined)) {
      return answer(404, { error: wireError('EVENT_NOT_FOUND') });
    }
    answer(
      200,
      part === 'chart' ? world.chart() : { id: eventId, status: world.status, chartVersion: world.chartVersion },
    );
  }
}

const refuse = (code: ErrorCode): { ok: false; error: WireError } => ({ ok: false, error: wireError(code) });
