import { afterEach, describe, expect, test } from 'vitest';
import { startAisle, type TestAisle } from '../helpers/aisle.js';
import { waitFor } from '../helpers/wait.js';

/**
 * The real server process on this very Node. `npm run test:node-versions` runs this file on each Node that is promised:
 * up to 22 uWebSockets.js serves, on 24 there is no binary of it, Node's own engine serves, and the log says why.
 */

const NODE_MAJOR = Number(process.versions.node.split('.')[0]);
/** uws-pack carries binaries for Node 18, 20, 21 and 22. */
const LAST_NODE_WITH_UWS = 22;

interface LogLine {
  readonly level: number;
  readonly msg: string;
  readonly engine?: string;
  readonly reason?: string;
  readonly node?: string;
}

const linesOf = (logs: string): LogLine[] =>
  logs
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as LogLine);

describe(`the server process on Node ${process.versions.node}`, { timeout: 60_000 }, () => {
  let aisle: TestAisle | undefined;
  afterEach(async () => {
    await aisle?.stop();
    aisle = undefined;
  });

  test('these tests run on the Node that was asked for', () => {
    expect(process.env.AISLE_TEST_NODE_VERSION ?? process.versions.node).toBe(process.versions.node);
  });

  test('picks uWebSockets.js where it loads; else Node serves and the log says why', async () => {
    aisle = await startAisle({ workers: 0 });
    const lines = linesOf(aisle.nodes[0]?.logs() ?? '');
    const listening = lines.find(({ msg }) => msg === 'listening');
    expect(listening?.engine).toBe(NODE_MAJOR > LAST_NODE_WITH_UWS ? 'node' : 'uws');
    if (NODE_MAJOR <= LAST_NODE_WITH_UWS) return;
    const why = lines.find(({ reason }) => reason !== undefined);
    expect(why).toMatchObject({ engine: 'node', node: process.version });
    expect(why?.reason).toContain('Node');
  });

  test('the Node engine serves where it is asked for', async () => {
    aisle = await startAisle({ workers: 0, engine: 'node' });
    const listening = linesOf(aisle.nodes[0]?.logs() ?? '').find(({ msg }) => msg === 'listening');
    expect(listening?.engine).toBe('node');
    expect((await fetch(`${aisle.urls[0] ?? ''}/readyz`)).status).toBe(200);
  });

  test('ends cleanly on SIGTERM, and by itself when the process that started it is gone', async () => {
    aisle = await startAisle({ workers: 1 });
    const [node] = aisle.nodes;
    const [worker] = aisle.workers;
    await Promise.all([node?.kill('SIGTERM'), worker?.kill('SIGTERM')]);
    expect(await node?.ended).toBe(0);
    expect(await worker?.ended).toBe(0);
    const second = await aisle.addNode();
    second.disconnect();
    await waitFor(() => !second.running, { timeoutMs: 15_000, what: 'the end of a server without its launcher' });
    expect(await second.ended).toBe(0);
  });
});
