import type { VNode } from 'preact';
import { useMemo, useRef, useState } from 'preact/hooks';
import type { Chart, ChartPreview } from '@aisle/client/protocol';
import { buildGeometry } from '../../../../client-sdk/src/picker/map/geometry.js';
import { categoryColour } from '../../../../client-sdk/src/picker/map/theme.js';
import { count, plural } from '../../shared/format.js';
import { Busy, ErrorNote } from '../../shared/ui.js';
import { sentence, useAction } from '../kit/data.js';
import { DataTable, Swatch } from '../kit/parts.js';
import { useStaff } from '../kit/session.js';
import { doubtsOf, talliesOf, type Doubt } from './doubts.js';
import { drawableOf, type Drawable } from './drawable.js';
import { Drawing, type Pointing } from './drawing.js';
import { DoubtList, FaultList } from './findings.js';
import { isFileFault, readChartFile, type FileFault, type ReadFile } from './preview.js';

const PREVIEW_TIMEOUT_MS = 120_000;
type Looked =
  | { readonly state: 'none' }
  | { readonly state: 'busy'; readonly name: string }
  | { readonly state: 'unreadable'; readonly name: string; readonly fault: FileFault }
  | { readonly state: 'seen'; readonly file: ReadFile; readonly answer: ChartPreview };

/** Takes a chart file in, has the server look at it, and shows what it is or what is wrong with it. */
export function ChartPart(props: { onChart: (chart: Chart | undefined, fileName: string) => void }): VNode {
  const { call } = useStaff();
  const [looked, setLooked] = useState<Looked>({ state: 'none' });
  const { error, clear, run } = useAction();
  const last = useRef<File>();

  const take = async (file: File): Promise<void> => {
    last.current = file;
    clear();
    props.onChart(undefined, file.name);
    setLooked({ state: 'busy', name: file.name });
    const read = await readChartFile(file);
    if (last.current !== file) return;
    if (isFileFault(read)) {
      setLooked({ state: 'unreadable', name: file.name, fault: read });
      return;
    }
    const answer = await run(() =>
      call<ChartPreview>('POST', '/v1/charts/preview', { body: read.json, timeoutMs: PREVIEW_TIMEOUT_MS }),
    );
    if (last.current !== file) return;
    if (answer === undefined) {
      setLooked({ state: 'none' });
      return;
    }
    setLooked({ state: 'seen', file: read, answer });
    if (answer.chart !== null && answer.faults.length === 0) props.onChart(answer.chart, file.name);
  };

  return (
    <section class="panel" aria-labelledby="chart-title">
      <h2 id="chart-title">1 · Chart</h2>
      <DropZone onFile={(file) => void take(file)} busy={looked.state === 'busy'} again={looked.state !== 'none'} />
      {looked.state === 'busy' ? <Busy text={`Looking at ${looked.name}…`} /> : null}
      {error === undefined ? null : (
        <ErrorNote
          error={error}
          retry={last.current === undefined ? undefined : () => last.current && void take(last.current)}
        />
      )}
      {looked.state === 'unreadable' ? <Unreadable name={looked.name} fault={looked.fault} /> : null}
      {looked.state === 'seen' ? <Seen file={looked.file} answer={looked.answer} /> : null}
    </section>
  );
}

function DropZone(props: { onFile: (file: File) => void; busy: boolean; again: boolean }): VNode {
  const [over, setOver] = useState(false);
  return (
    <label
      class="drop"
      data-over={over}
      onDragOver={(event) => {
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={(event) => {
        event.preventDefault();
        setOver(false);
        const file = event.dataTransfer?.files[0];
        if (file !== undefined) props.onFile(file);
      }}
    >
      <input
        type="file"
        class="unseen"
        accept=".json,application/json,.csv"
        disabled={props.busy}
        onChange={(event) => {
          const file = event.currentTarget.files?.[0];
          if (file !== undefined) props.onFile(file);
          // The same file, mended, may be chosen again.
          event.currentTarget.value = '';
        }}
      />
      <span class="drop-words">
        <strong>{props.again ? 'Choose another chart file' : 'Choose a chart file'}</strong> or drag it here
      </span>
      <span class="hint">
        JSON: Aisle’s own form (aisle-chart/1), a seats.io drawing or a pretix seating plan; up to 200,000 places
      </span>
    </label>
  );
}

function Unreadable({ name, fault }: { name: string; fault: FileFault }): VNode {
  return (
    <div class="notice error-note" data-tone="bad" role="alert">
      <strong>
        {name}: {fault.message}
      </strong>
      <p>{fault.todo}</p>
      {fault.line === undefined ? null : (
        <p>
          Line {count(fault.line.number)}: <code class="excerpt">{fault.line.text}</code>
        </p>
      )}
    </div>
  );
}

function Seen({ file, answer }: { file: ReadFile; answer: ChartPreview }): VNode {
  const [pointing, setPointing] = useState<Pointing | undefined>(undefined);
  const total = answer.faultsTotal;
  const good = answer.chart !== null && total === 0;
  const drawable = useMemo(
    () => (answer.chart === null ? drawableOf(file.json) : wholeOf(answer.chart)),
    [answer, file],
  );
  const geometry = useMemo(() => (drawable === undefined ? undefined : buildGeometry(drawable.chart)), [drawable]);
  const doubts = useMemo(
    () => (answer.chart === null || geometry === undefined ? [] : doubtsOf(geometry)),
    [answer, geometry],
  );
  const marked = useMemo(() => markedOf(answer, drawable, doubts), [answer, drawable, doubts]);
  const core = useMemo(() => coreOf(drawable?.chart, doubts), [drawable, doubts]);
  const show = (seatNos: readonly number[]): void => setPointing({ seatNos });
  return (
    <div class="seen">
      <p class="seen-head" role="status">
        {good ? (
          <>
            <strong>{file.name}</strong> is a good chart{doubts.length > 0 ? ', but look at this' : ''}.
          </>
        ) : (
          <>
            <strong>{file.name}</strong> has {plural(total, 'fault')}. Mend {total === 1 ? 'it' : 'them'} in the file
            and choose it again.
          </>
        )}
      </p>
      <FaultList answer={answer} json={file.json} drawable={drawable} show={show} />
      <DoubtList doubts={doubts} show={show} />
      <Notes notes={isOwnForm(file.json) ? [] : answer.notes} />
      {geometry === undefined ? null : (
        <Drawing
          geometry={geometry}
          marked={marked}
          pointing={pointing}
          core={core}
          label={`Drawing of ${file.name}${marked.size > 0 ? '; places with something wrong are ringed' : ''}`}
        />
      )}
      {answer.chart === null ? null : <Tallies chart={answer.chart} />}
    </div>
  );
}

/** Of a chart in Aisle's own form there is nothing to tell. */
const isOwnForm = (json: unknown): boolean =>
  typeof json === 'object' && json !== null && 'format' in json && json.format === 'aisle-chart/1';

const Notes = ({ notes }: { notes: readonly string[] }): VNode | null =>
  notes.length === 0 ? null : (
    <ul class="findings" data-tone="plain" aria-label="What was guessed or left out">
      {notes.map((note) => (
        <li key={note} class="finding">
          <p>{sentence(note)}</p>
        </li>
      ))}
    </ul>
  );

/** A chart that the server took: positions in the file and on the drawing are the same. */
const wholeOf = (chart: Chart): Drawable => ({ chart, seatNoOf: (index) => index, areaNoOf: (index) => index });

/** Seats at the corners of what is not far away: shown first, or a slip of the pen would make a dot of the hall. */
function coreOf(chart: Chart | undefined, doubts: readonly Doubt[]): readonly number[] | undefined {
  const far = new Set(doubts.find(({ kind }) => kind === 'far')?.seatNos);
  if (chart === undefined || far.size === 0) return undefined;
  const near = chart.seats.flatMap((seat, seatNo) => (far.has(seatNo) ? [] : [{ ...seat, seatNo }]));
  const ends = (['x', 'y'] as const).flatMap((axis) => {
    const most = (sign: number) => near.reduce((best, seat) => (sign * seat[axis] > sign * best[axis] ? seat : best));
    return near.length === 0 ? [] : [most(1), most(-1)];
  });
  return ends.map(({ seatNo }) => seatNo);
}

const MOST_MARKED = 2000;
function markedOf(
  { faults }: ChartPreview,
  drawable: Drawable | undefined,
  doubts: readonly Doubt[],
): ReadonlySet<number> {
  const faulty = faults.flatMap(({ path }) => {
    const [, index] = /^seats\.(\d+)/.exec(path) ?? [];
    const seatNo = index === undefined ? undefined : drawable?.seatNoOf(Number(index));
    return seatNo === undefined ? [] : [seatNo];
  });
  return new Set([...faulty, ...doubts.flatMap(({ seatNos }) => seatNos)].slice(0, MOST_MARKED));
}

function Tallies({ chart }: { chart: Chart }): VNode {
  const { categories, sections, places } = useMemo(() => talliesOf(chart), [chart]);
  const colours = new Map(chart.categories.map(({ key, color }, index) => [key, categoryColour(color, index)]));
  return (
    <div class="tallies">
      <p class="tally-total">
        <strong>{plural(places, 'place')}</strong> · {plural(chart.seats.length, 'seat')} ·{' '}
        {plural(chart.areas.length, 'area')} · {plural(chart.categories.length, 'category', 'categories')} ·{' '}
        {plural(chart.sections.length, 'section')}
      </p>
      <DataTable
        label="Places by category"
        rows={categories}
        rowKey={({ key }) => key}
        columns={[
          {
            name: 'Category',
            kind: 'main',
            cell: ({ key, label }) => (
              <>
                <Swatch colour={colours.get(key) ?? 'currentcolor'} /> {label === '' ? key : label}
              </>
            ),
          },
          { name: 'Seats', kind: 'number', cell: ({ seats }) => count(seats) },
          { name: 'Areas', kind: 'number', cell: ({ areas }) => count(areas) },
          { name: 'Places', kind: 'number', cell: (row) => count(row.places) },
        ]}
      />
      {sections.length === 0 ? null : (
        <details>
          <summary>Places by section ({count(sections.length)})</summary>
          <DataTable
            label="Places by section"
            rows={sections}
            rowKey={({ key }) => key}
            columns={[
              { name: 'Section', kind: 'main', cell: ({ key, label }) => (label === '' ? key : label) },
              { name: 'Seats', kind: 'number', cell: ({ seats }) => count(seats) },
              { name: 'Areas', kind: 'number', cell: ({ areas }) => count(areas) },
              { name: 'Places', kind: 'number', cell: (row) => count(row.places) },
            ]}
          />
        </details>
      )}
    </div>
  );
}
