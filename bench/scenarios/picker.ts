import { loadNow } from '../harness/machine.js';
import { openLab } from '../picker/browser.js';
import { servePages, type PeerName } from '../picker/pages.js';
import { goalsOf, tablesOf } from '../picker/report.js';
import { LIMIT_MS, takeSample, type PageFigures, type Sample } from '../picker/sample.js';
import type { Scenario, ScenarioOptions, ScenarioReport } from './scenario.js';

const SIZES = [1200, 20_000, 80_000];
const CHANGES_A_SECOND = 500;

const among = (name: string, about: string, peers: readonly PeerName[]): Scenario => ({
  name,
  about,
  onlyNamed: true,
  defaultRounds: 3,
  run: (options) => measure(options, peers),
});

export const picker = among('picker', 'the map in headless chromium beside plain SVG and Konva', [
  'ours',
  'svg',
  'konva',
]);
/** Those that ADR 0011 decided against. */
export const pickerOthers = among('picker-others', 'the map beside WebGL and an SVG moved by the compositor', [
  'ours',
  'webgl',
  'svg-layer',
]);

async function measure({ rounds, quick, say }: ScenarioOptions, peers: readonly PeerName[]): Promise<ScenarioReport> {
  const url = await servePages(peers, SIZES);
  const version = await browserVersion();
  const tables: string[] = [];
  say(`chromium ${version}, headless, --disable-gpu: the SOFTWARE rasteriser, no graphics processor`);
  const samples: Sample[] = [];
  const hopeless = new Set<string>();
  for (let round = 1; round <= rounds; round++) {
    for (const seats of SIZES) {
      // Each is first, second, … in turn.
      const turn = (round - 1) % peers.length;
      for (const peer of [...peers.slice(turn), ...peers.slice(0, turn)]) {
        if (hopeless.has(`${peer} ${seats}`)) continue;
        const sample = await takeSample({ url, peer, seats, round, changesASecond: CHANGES_A_SECOND, quick });
        samples.push(sample);
        if (sample.unfinished !== undefined) hopeless.add(`${peer} ${seats}`);
        say(line(sample));
      }
    }
  }
  if (peers.includes('webgl')) tables.push(await withoutWebgl(url, peers, quick));
  const loads = samples.map(({ load }) => load);
  const about =
    `Chromium ${version}, headless, 1200 × 800, software rasteriser (--disable-gpu; no graphics processor). ${rounds} rounds, ` +
    `median (least–most). Load average ${Math.min(...loads).toFixed(1)} to ${Math.max(...loads, loadNow()).toFixed(1)}, ` +
    `the bench's own browsers included. A map not done within ${LIMIT_MS / 1000} s counts as unfinished and is not tried again.`;
  return {
    title: `Picker beside ${peers.slice(1).join(', ')}`,
    tables: [about, ...tablesOf(samples, peers, CHANGES_A_SECOND), ...tables],
    goals: peers.includes('svg') ? goalsOf(samples, CHANGES_A_SECOND) : [],
    raw: samples,
  };
}

/** Where the browser gives no WebGL, as on some office machines and in some apps. */
async function withoutWebgl(url: string, peers: readonly PeerName[], quick: boolean): Promise<string> {
  const [seats = 0] = SIZES;
  const extraArguments = ['--disable-3d-apis'];
  const lines: string[] = [];
  for (const peer of peers) {
    const options = { url, peer, seats, round: 0, changesASecond: CHANGES_A_SECOND, quick, extraArguments };
    const { quiet, unfinished } = await takeSample(options);
    const seen = quiet === null ? 'shows nothing' : `first seats after ${quiet.drawn.firstMs.toFixed(0)} ms`;
    lines.push(`- ${peer}: ${seen}${unfinished === undefined ? '' : ` (${unfinished.split('\n')[0] ?? ''})`}`);
  }
  return `Without WebGL (--disable-3d-apis), ${seats.toLocaleString('en-US')} seats:\n\n${lines.join('\n')}`;
}

async function browserVersion(): Promise<string> {
  const { browser, kill } = await openLab();
  const version = browser.version();
  await kill();
  return version;
}

function line({ peer, seats, round, load, quiet, changing, unfinished }: Sample): string {
  const pans = (figures: PageFigures | null): string =>
    Object.entries(figures?.pans ?? {})
      .map(
        ([view, { p50, p95, aSecond }]) => `${view} ${p50.toFixed(1)}/${p95.toFixed(1)} ms at ${aSecond.toFixed(0)}/s`,
      )
      .join(', ');
  const words = [
    `round ${round}: ${seats} seats, ${peer}: first ${quiet?.drawn.firstMs.toFixed(0) ?? '–'} ms`,
    `pan ${pans(quiet)}`,
    `changing ${pans(changing)}`,
    `heap ${quiet?.heapMb.toFixed(0) ?? '–'} MB`,
    ...(unfinished === undefined ? [] : [`UNFINISHED: ${unfinished}`]),
    `load ${load.toFixed(1)}`,
  ];
  return words.join('; ');
}
