import type { VNode } from 'preact';
import { usePicker } from './context.js';
import { Icon } from './icons.js';

export interface MapToolsProps {
  readonly onZoom: (steps: number) => void;
  readonly onAll: () => void;
}

export function MapTools({ onZoom, onAll }: MapToolsProps): VNode {
  const { words } = usePicker();
  return (
    <div class="map-tools" part="tools" role="group" aria-label={words.zoom}>
      <button type="button" aria-label={words.zoomIn} title={words.zoomIn} onClick={() => onZoom(1)}>
        <Icon name="plus" />
      </button>
      <button type="button" aria-label={words.zoomOut} title={words.zoomOut} onClick={() => onZoom(-1)}>
        <Icon name="minus" />
      </button>
      <button type="button" aria-label={words.zoomAll} title={words.zoomAll} onClick={onAll}>
        <Icon name="whole" />
      </button>
    </div>
  );
}
