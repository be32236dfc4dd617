import { readdirSync, readFileSync } from 'node:fs';
import { chromium, type Browser, type CDPSession, type Page } from 'playwright-core';
import { onEnd } from '../harness/cleanup.js';
import { cpuMicros } from '../harness/cpu.js';

export const CHROMIUM = process.env.CHROMIUM_PATH ?? '/usr/bin/chromium';
export const VIEWPORT = { width: 1200, height: 800 };
/**
 * Those of the tests of the pages. Without a graphics processor all pixels are made by the processor: canvases and SVG by
 * Skia's software rasteriser, WebGL (which playwright-core allows by --enable-unsafe-swiftshader) by SwiftShader.
 */
export const ARGUMENTS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  // A spare renderer starts when it likes and takes a core for it.
  '--disable-features=LocalNetworkAccessChecks,SpareRendererForSitePerProcess',
];

export interface Lab {
  readonly browser: Browser;
  readonly page: Page;
  readonly cdp: CDPSession;
  /** CPU time that all processes of the browser have had, ms. */
  cpuMs(): number;
  /** At once, also where a page is stuck. */
  kill(): Promise<void>;
}

/** A browser of its own: what one map leaves behind is not the next one's. */
export async function openLab(extraArguments: readonly string[] = []): Promise<Lab> {
  const server = await chromium.launchServer({ executablePath: CHROMIUM, args: [...ARGUMENTS, ...extraArguments] });
  const kill = onEnd(() => server.kill());
  const browser = await chromium.connect(server.wsEndpoint());
  const page = await browser.newPage({ viewport: VIEWPORT, reducedMotion: 'reduce' });
  const cdp = await page.context().newCDPSession(page);
  const { pid = 0 } = server.process();
  return { browser, page, cdp, cpuMs: () => familyOf(pid).reduce((sum, member) => sum + cpuOf(member), 0), kill };
}

/** A process and all below it. */
function familyOf(pid: number): number[] {
  const children = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .map((each) => [each, parentOf(each)] as const);
  const family = [pid];
  for (const member of family) for (const [each, parent] of children) if (parent === member) family.push(each);
  return family;
}

function parentOf(pid: number): number {
  try {
    return Number(/^PPid:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);
  } catch {
    return 0;
  }
}

/** It may have ended since it was listed. */
function cpuOf(pid: number): number {
  try {
    return cpuMicros(pid) / 1000;
  } catch {
    return 0;
  }
}

/** JavaScript heap after a full collection, bytes. */
export async function heapBytes(cdp: CDPSession): Promise<number> {
  await cdp.send('HeapProfiler.collectGarbage');
  const { usedSize } = await cdp.send('Runtime.getHeapUsage');
  return usedSize;
}

/** Resident memory of a process, bytes; NaN: it is gone. */
export function residentBytes(pid: number): number {
  try {
    const kib = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
    return Number(kib) * 1024;
  } catch {
    return NaN;
  }
}
