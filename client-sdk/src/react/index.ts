/** @aisle/client/react: `<AisleSeatMap event="evt_…" onAisleBasket={…} />`, a thin wrapper of the element for React 18 and newer. */
import {
  createElement,
  forwardRef,
  useEffect,
  useImperativeHandle,
  useLayoutEffect,
  useRef,
  type CSSProperties,
  type ForwardRefExoticComponent,
  type ReactElement,
  type Ref,
  type RefAttributes,
} from 'react';
import { defineSeatMap, type AisleSeatMapElement, type SeatMapEvents } from '../picker/index.js';

/** Of the element: set as properties, so that functions and lists arrive as they are. */
type Properties = Partial<
  Pick<AisleSeatMapElement, 'event' | 'src' | 'lang' | 'dir' | 'theme' | 'palette' | 'mode' | 'maxPlaces' | 'orphans' | 'together' | 'checkoutLabel' | 'getToken'>
>; // prettier-ignore

type Handler<N extends keyof SeatMapEvents> = (event: CustomEvent<SeatMapEvents[N]>) => void;

export interface AisleSeatMapProps extends Properties {
  readonly event: string;
  readonly selectable?: string | readonly string[];
  /** Mode `select`: what is chosen. */
  readonly selection?: readonly string[];
  readonly className?: string;
  readonly id?: string;
  readonly style?: CSSProperties;
  readonly onAisleReady?: Handler<'aisle-ready'>;
  readonly onAisleBasket?: Handler<'aisle-basket'>;
  readonly onAisleCheckout?: Handler<'aisle-checkout'>;
  readonly onAisleSelect?: Handler<'aisle-select'>;
  readonly onAisleLapse?: Handler<'aisle-lapse'>;
  readonly onAisleError?: Handler<'aisle-error'>;
  readonly onAisleStatus?: Handler<'aisle-status'>;
}

const EVENTS = {
  onAisleReady: 'aisle-ready',
  onAisleBasket: 'aisle-basket',
  onAisleCheckout: 'aisle-checkout',
  onAisleSelect: 'aisle-select',
  onAisleLapse: 'aisle-lapse',
  onAisleError: 'aisle-error',
  onAisleStatus: 'aisle-status',
} as const satisfies Partial<Record<keyof AisleSeatMapProps, keyof SeatMapEvents>>;
const PROPERTIES = [
  ...(['event', 'src', 'lang', 'dir', 'theme', 'palette', 'mode', 'selectable', 'maxPlaces', 'orphans', 'together'] as const),
  ...(['checkoutLabel', 'getToken', 'selection'] as const),
]; // prettier-ignore

// On the server there is nothing to set: the tag alone is written, and useLayoutEffect would warn.
const useSetting = typeof document === 'undefined' ? useEffect : useLayoutEffect;

/** The ref is the element itself: its methods are `checkout()` and `select(ids)`. */
export const AisleSeatMap: ForwardRefExoticComponent<AisleSeatMapProps & RefAttributes<AisleSeatMapElement>> =
  forwardRef(function AisleSeatMap(props: AisleSeatMapProps, ref: Ref<AisleSeatMapElement>): ReactElement {
    const element = useRef<AisleSeatMapElement>(null);
    const latest = useRef(props);
    const before = useRef<AisleSeatMapProps | null>(null);
    useImperativeHandle(ref, () => element.current as AisleSeatMapElement, []);
    useSetting(() => {
      defineSeatMap();
      const { current } = element;
      if (current === null) return;
      latest.current = props;
      for (const name of PROPERTIES) {
        const value = props[name];
        if (Object.is(value, before.current?.[name])) continue;
        // Taken away again: as if it had never been given. `selection` has nothing to go back to but none.
        Reflect.set(
          current,
          name,
          value ?? (name === 'selection' ? [] : name === 'lang' || name === 'dir' ? '' : value),
        );
      }
      before.current = props;
    });
    useSetting(() => {
      const { current } = element;
      if (current === null) return;
      const listening = new AbortController();
      for (const [prop, name] of Object.entries(EVENTS)) {
        // The handler of the last drawing, however often it changed.
        const listener = (event: Event): void => {
          const handler = latest.current[prop as keyof typeof EVENTS] as ((event: Event) => void) | undefined;
          handler?.(event);
        };
        current.addEventListener(name, listener, { signal: listening.signal });
      }
      return () => listening.abort();
    }, []);
    return createElement('aisle-seat-map', { ref: element, class: props.className, id: props.id, style: props.style });
  });
