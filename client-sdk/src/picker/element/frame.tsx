import type { VNode } from 'preact';
import { useCallback, useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { useLater } from '../coming.js';
import {
  announce,
  LiveRegions,
  Toasts,
  type Announcements,
  type Announcer,
  type FindingProps,
  type MapWays,
} from '../finding/index.js';
import type { ChartView } from '../map/chart-view.js';
import { categoryColours, type ThemeChoice } from '../map/theme.js';
import type { AreaCall } from '../panels/areas.js';
import { Basket } from '../panels/basket.js';
import { PickerContext, type PickerParts } from '../panels/context.js';
import { Choose } from './choose.js';
import { EXTRAS } from './later-extras.js';
import { MapPane } from './map-pane.js';
import { pressOnce } from './once.js';
import { Sheet, type SheetPart } from './sheet.js';
import { Skips } from './skips.js';
import { seatSpoken } from './spoken.js';
import { ListPane, Stage, type Shown } from './stage.js';

export interface FrameProps {
  readonly parts: Omit<PickerParts, 'actions' | 'colours'>;
  readonly mode: 'buy' | 'select';
  readonly theme: ThemeChoice;
  readonly direction: 'ltr' | 'rtl';
  readonly announcer: Announcer;
  readonly onCheckout: () => void;
}

/** The picker once its model is there: map or list, toolbar, panels. */
export function Frame(props: FrameProps): VNode {
  const { announcer, mode, onCheckout } = props;
  const { model, language, names, checkoutLabel } = props.parts;
  const [shown, setShown] = useState<Shown>('map');
  const [filtering, setFiltering] = useState(false);
  const [sheet, setSheet] = useState<SheetPart | null>(null);
  const [call, setCall] = useState<AreaCall | null>(null);
  const [cursor, setCursor] = useState<number>();
  const [colours, setColours] = useState<readonly string[]>([]);
  const view = useRef<ChartView | null>(null);
  const root = useRef<HTMLDivElement>(null);
  const spoken = useAnnouncements(props);
  const extras = useLater(EXTRAS, shown === 'list' || filtering);
  useEffect(() => EXTRAS.loadWhenIdle(), []);
  const { show, callArea, finding } = useWays(props, view, { setShown, setSheet, setCall });
  const parts: PickerParts = useMemo(
    () => ({ model, language, names, checkoutLabel, colours, actions: { show, checkout: onCheckout } }),
    [model, language, names, checkoutLabel, colours, show, onCheckout],
  );
  const skipTo = { setShown, setFiltering, setSheet };
  return (
    <PickerContext.Provider value={parts}>
      <div
        class="frame"
        part="frame"
        dir={props.direction}
        data-mode={mode}
        data-view={shown}
        data-sheet={sheet ?? undefined}
        onClickCapture={pressOnce}
        ref={root}
      >
        <Skips root={root} mode={mode} extras={extras} {...skipTo} />
        <Stage {...{ shown, filtering, finding, extras }} onShown={setShown} onFiltering={setFiltering}>
          {(stale) => (
            <>
              <MapPane
                theme={props.theme}
                hidden={shown !== 'map'}
                stale={stale}
                onView={(made) => (view.current = made)}
                onColours={(made) => setColours(categoryColours(model.chart.categories, made.mapTheme))}
                onArea={callArea}
                onCursor={(seatNo) => {
                  setCursor(seatNo);
                  announcer.sayNow(seatSpoken(props.parts, seatNo));
                }}
                onSection={(position) => spoken.current?.watchSection(position)}
                onPress={() => {
                  setSheet(null);
                  setFiltering(false);
                }}
              />
              {shown === 'list' && (
                <ListPane
                  finding={finding}
                  extras={extras}
                  view={view}
                  cursor={cursor}
                  onSection={(at) => spoken.current?.watchSection(at)}
                />
              )}
            </>
          )}
        </Stage>
        {mode === 'buy' && (
          <Sheet open={sheet} onOpen={setSheet} choose={<Choose call={call} finding={finding} />} yours={<Basket />} />
        )}
        <Toasts announcer={announcer} words={language.messages.finding.say} />
        <LiveRegions announcer={announcer} />
      </div>
    </PickerContext.Provider>
  );
}

/** What of the sale is read out, for as long as the model is there. */
function useAnnouncements({ parts, announcer }: FrameProps): { current: Announcements | null } {
  const { model, language, names } = parts;
  const spoken = useRef<Announcements | null>(null);
  useEffect(() => {
    const begun = announce({ model, language, names, announcer });
    spoken.current = begun;
    return () => {
      begun.close();
      spoken.current = null;
    };
  }, [model, language, names, announcer]);
  return spoken;
}

interface Opening {
  readonly setShown: (shown: Shown) => void;
  readonly setSheet: (part: SheetPart | null) => void;
  readonly setCall: (call: AreaCall) => void;
}

/** What lists and panels do with the map: it comes to the front, sheets make way. */
function useWays({ parts, announcer }: FrameProps, view: { readonly current: ChartView | null }, opening: Opening) {
  const { model, language, names } = parts;
  const { setShown, setSheet, setCall } = opening;
  const callArea = useCallback((areaNo: number) => {
    setSheet('choose');
    setCall({ areaNo });
  }, []);
  const show = useCallback((seatNos: readonly number[]) => {
    setShown('map');
    setSheet(null);
    view.current?.showSeats(seatNos);
    const only = seatNos.length === 1 ? seatNos[0] : undefined;
    if (only !== undefined) view.current?.setMarks({ cursor: only });
  }, []);
  // Seats that were found for the buyer, not by them.
  useEffect(() => model.onTold((told) => told.show !== undefined && show(told.show)), [model, show]);
  const say = useCallback((text: string) => announcer.say(text), [announcer]);
  const finding: FindingProps = useMemo(() => {
    const ways: MapWays = {
      showSeats: show,
      showSection: (position) => view.current?.showSection(position),
      putCursor: (seatNo) => view.current?.setMarks({ cursor: seatNo }),
      showArea: callArea,
    };
    return { model, language, names, ways, say };
  }, [model, language, names, say, show, callArea]);
  return { show, callArea, finding };
}
