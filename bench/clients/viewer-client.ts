import WebSocket from 'ws';
import { answerCalls } from '../harness/calls.js';
import { inGroups, RawSocket } from './raw-socket.js';

export interface ViewerCalls {
  /** Viewers of an event at the server. */
  watch: { ask: { port: number; eventId: string; viewers: number }; answer: { viewers: number } };
  /** Subscribers of the bare publisher. */
  listen: { ask: { port: number; viewers: number }; answer: { viewers: number } };
  /** Counts from zero. */
  reset: { ask: object; answer: object };
  read: { ask: object; answer: ViewerCount };
}
export interface ViewerCount {
  /** Frames delivered, of all kinds. */
  readonly frames: number;
  readonly bytes: number;
  readonly seatFrames: number;
  readonly seatBytes: number;
  /** Frames whose `from` was not the last one's `to`, on the sockets that read them. */
  readonly gaps: number;
  /** from, to, arrival (hrtime ms) of each `seats` frame on those sockets. */
  readonly arrivals: Float64Array;
  /** Latencies in ms of frames of the bare publisher, which carry the time they were sent. */
  readonly rawLatencies: Float64Array;
}

/** Sockets of each process whose frames are parsed; the others only count, or the client would be the thing measured. */
const READING = 20;
const RAW_STAMP = /^t=(\d+\.\d+);/;

let count = fresh();
function fresh() {
  return { frames: 0, bytes: 0, seatFrames: 0, seatBytes: 0, gaps: 0, arrivals: [] as number[], raw: [] as number[] };
}

/** The clock that all processes of the machine share. */
const nowMs = (): number => Number(process.hrtime.bigint()) / 1e6;

answerCalls<ViewerCalls>({
  async watch({ port, eventId, viewers }) {
    const numbers = Array.from({ length: viewers }, (_, i) => i);
    await inGroups(numbers, (i) => watch(port, eventId, i < READING));
    return { viewers };
  },
  async listen({ port, viewers }) {
    const numbers = Array.from({ length: viewers }, (_, i) => i);
    await inGroups(numbers, (i) => listen(port, i < READING));
    return { viewers };
  },
  async reset() {
    count = fresh();
    return {};
  },
  async read() {
    const { arrivals, raw, ...rest } = count;
    return { ...rest, arrivals: Float64Array.from(arrivals), rawLatencies: Float64Array.from(raw) };
  },
});

async function watch(port: number, eventId: string, reads: boolean): Promise<void> {
  const socket = await RawSocket.open(port, { protocol: 1 });
  let last = -1;
  const onFrame = (text: string): void => {
    count.frames++;
    count.bytes += text.length;
    if (!text.startsWith('42["seats"')) return;
    count.seatFrames++;
    count.seatBytes += text.length;
    if (!reads) return;
    const at = nowMs();
    const [, { from, to }] = JSON.parse(text.slice(2)) as [string, { from: number; to: number }];
    if (last >= 0 && from !== last) count.gaps++;
    last = to;
    count.arrivals.push(from, to, at);
  };
  await new Promise<void>((resolve, reject) => {
    socket.onFrame = (text) => {
      if (!text.startsWith('43')) return;
      if (!text.includes('"ok":true')) reject(new Error(text.slice(0, 300)));
      socket.onFrame = onFrame;
      resolve();
    };
    socket.send(`421["subscribe",{"eventId":"${eventId}"}]`);
  });
}

function listen(port: number, reads: boolean): Promise<void> {
  const ws = new WebSocket(`ws://127.0.0.1:${port}/`, { perMessageDeflate: false, skipUTF8Validation: true });
  ws.on('message', (data: Buffer) => {
    // The same work as above for each frame.
    const text = data.toString('latin1');
    count.frames++;
    count.bytes += text.length;
    if (!text.startsWith('t=')) return;
    count.seatFrames++;
    count.seatBytes += text.length;
    if (!reads) return;
    const sentAt = RAW_STAMP.exec(text)?.[1];
    if (sentAt !== undefined) count.raw.push(nowMs() - Number(sentAt));
  });
  return new Promise((resolve, reject) => {
    ws.once('open', () => resolve());
    ws.once('error', reject);
  });
}
