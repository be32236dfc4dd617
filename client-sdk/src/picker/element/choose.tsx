import type { VNode } from 'preact';
import { FindBox, type FindingProps } from '../finding/index.js';
import { Areas, type AreaCall } from '../panels/areas.js';
import { BestAvailable } from '../panels/best.js';
import { usePicker } from '../panels/context.js';
import { Legend } from '../panels/legend.js';
import { EXTRAS } from './later-extras.js';

/** Ways to places without the map: the best there are, one by its name, standing places; and what all of them cost. */
export function Choose({ call, finding }: { call: AreaCall | null; finding: FindingProps }): VNode {
  const { model } = usePicker();
  return (
    <>
      <BestAvailable />
      <Areas call={call} />
      {model.chart.seats.length > 0 && (
        <div class="block">
          <FindBox {...finding} lists={EXTRAS} />
        </div>
      )}
      <Legend />
    </>
  );
}
