import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { build } from 'esbuild';
import { onEnd } from '../harness/cleanup.js';
import { inDist } from '../harness/process.js';
import { saleLetters, stadiumChart } from './charts.js';

/** What is measured; each is a file in page/. */
export type PeerName = 'ours' | 'svg' | 'konva' | 'svg-layer' | 'webgl';

const ROOT = inDist('..');
const HTML = `<!doctype html><meta charset="utf-8"><title>bench</title><link rel="icon" href="data:,">
<style>html,body{margin:0;height:100%;overflow:hidden;background:#fff}#stage,.map{display:block;width:100%;height:100%;touch-action:none}
#stage{position:relative}.shield{position:absolute;inset:0}.shield[hidden]{display:none}</style>
<div id="stage"></div>`;

/** Serves /<peer>, its script, and /data/<seats>/chart.json and letters.txt, on loopback. Answers the address. */
export async function servePages(peers: readonly PeerName[], sizes: readonly number[]): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: peers.map((peer) => path.join(ROOT, 'bench/picker/page', `${peer}.ts`)),
    outdir: '/',
    bundle: true,
    minify: true,
    write: false,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    conditions: ['aisle-source'],
    absWorkingDir: ROOT,
    define: { 'process.env.NODE_ENV': '"production"' },
  });
  const files = new Map<string, { type: string; body: string }>();
  for (const { path: file, text } of outputFiles)
    files.set(`/${path.basename(file)}`, { type: 'text/javascript', body: text });
  for (const peer of peers)
    files.set(`/${peer}`, { type: 'text/html', body: `${HTML}<script type="module" src="/${peer}.js"></script>` });
  for (const seats of sizes) {
    files.set(`/data/${seats}/chart.json`, { type: 'application/json', body: JSON.stringify(stadiumChart(seats)) });
    files.set(`/data/${seats}/letters.txt`, { type: 'text/plain', body: saleLetters(seats) });
  }
  const server = createServer((request, response) => {
    const file = files.get(request.url ?? '');
    if (file === undefined) response.writeHead(404).end();
    else response.writeHead(200, { 'content-type': `${file.type}; charset=utf-8` }).end(file.body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onEnd(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
