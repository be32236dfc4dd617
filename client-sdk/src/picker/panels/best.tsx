import type { TargetedEvent, VNode } from 'preact';
import { useMemo, useState } from 'preact/hooks';
import { usePicker, usePickerState } from './context.js';
import { Stepper } from './stepper.js';
import { TicketTypeSelect } from './ticket-type.js';

/** As many as one asks for at once; more are held in a second step. */
const MAX_BEST = 8;

/** "Best available": a number of places, a category or any, and the server picks. */
export function BestAvailable(): VNode | null {
  const { words, model, language } = usePicker();
  const { canHold, busy, maxPlaces, counts } = usePickerState();
  const [quantity, setQuantity] = useState(2);
  const [category, setCategory] = useState('');
  const [ticketType, setTicketType] = useState<string>();
  const [accessible, setAccessible] = useState(false);
  const { chart, event, geometry } = model;
  const offered = useMemo(() => {
    const seated = new Set(geometry.categoryOf);
    return chart.categories.filter((_, position) => seated.has(position));
  }, [chart, geometry]);
  if (chart.seats.length === 0) return null;
  const max = Math.max(Math.min(MAX_BEST, maxPlaces), 1);
  const asked = Math.min(quantity, max);
  const types = category === '' ? [] : model.ticketTypes(category);
  const submit = (submitted: TargetedEvent<HTMLFormElement>): void => {
    submitted.preventDefault();
    if (busy) return;
    const chosen = types.length > 1 ? (ticketType ?? types[0]?.key) : undefined;
    model.holdBest({
      quantity: asked,
      ...(category === '' ? {} : { category }),
      ...(chosen === undefined ? {} : { ticketType: chosen }),
      ...(accessible ? { accessible } : {}),
    });
  };
  return (
    <section class="block" aria-labelledby="best">
      <h2 id="best">{words.best}</h2>
      <form class="best" onSubmit={submit}>
        <div class="field">
          <span>{words.bestPlaces}</span>
          <Stepper label={words.bestPlaces} value={asked} max={max} onValue={setQuantity} />
        </div>
        <label class="field grows">
          <span>{words.bestCategory}</span>
          <select
            value={category}
            onChange={({ currentTarget }) => {
              setCategory(currentTarget.value);
              setTicketType(undefined);
            }}
          >
            <option value="">{words.bestAny}</option>
            {offered.map(({ key, label }) => (
              <option key={key} value={key}>
                {label} · {language.price(event.prices[key], event.currency)}
              </option>
            ))}
          </select>
        </label>
        {types.length > 1 && (
          <label class="field whole">
            <span>{words.ticketType}</span>
            <TicketTypeSelect label={words.ticketType} types={types} value={ticketType} onType={setTicketType} />
          </label>
        )}
        {counts.accessible > 0 && (
          <label class="check whole">
            <input
              type="checkbox"
              checked={accessible}
              onChange={({ currentTarget }) => setAccessible(currentTarget.checked)}
            />
            {words.bestAccessible}
          </label>
        )}
        {/* While busy not disabled: that would lose the keyboard's place. */}
        <button type="submit" class="button primary wide" part="button best" disabled={!canHold} aria-disabled={busy}>
          {words.bestHold}
        </button>
      </form>
    </section>
  );
}
