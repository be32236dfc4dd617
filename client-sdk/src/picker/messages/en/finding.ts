const count = (value: number): string => value.toLocaleString('en');

/** Ways to a seat without the drawing: the list, finding by name, filters; and what is read out. */
export const finding = {
  list: {
    title: 'Seats by section and row',
    label: 'Sections, rows and seats',
    /** Places of the chart that belong to no section. */
    loose: 'Other places',
    row: (label: string) => `Row ${label}`,
    seat: (label: string) => `Seat ${label}`,
    /** A piece of a long list: its first and its last. */
    part: (first: string, last: string) => `${first} – ${last}`,
    free: (free: number) => (free === 0 ? 'None free' : `${count(free)} free`),
    mine: (places: number) => `${count(places)} yours`,
    /** Of a seat that is selected, not bought: in a box office. */
    chosen: 'Chosen',
    held: 'Your ticket type',
    none: 'No place fits the filter.',
    empty: 'This event has no places.',
  },
  find: {
    label: 'Find a seat',
    placeholder: 'Row C seat 12',
    /** Words people type that name nothing: left out of the search. */
    fillers: ['row', 'seat', 'section', 'block'],
    none: 'No seat matches.',
    found: (total: number) => `${count(total)} ${total === 1 ? 'seat' : 'seats'} found.`,
    foundMore: (total: number, listed: number) => `${count(total)} seats match, the first ${listed} are listed.`,
    more: (left: number) => `${count(left)} more match. Type more to narrow it down.`,
    hold: 'Hold',
    release: 'Release',
    holdSeat: (name: string) => `Hold ${name}`,
    releaseSeat: (name: string) => `Release ${name}`,
    show: 'Show',
    showSeat: (name: string) => `Show ${name} on the map`,
  },
  filter: {
    title: 'Filter',
    categories: 'Categories',
    price: 'Price',
    anyPrice: 'Any price',
    upTo: (price: string) => `Up to ${price}`,
    needs: 'Seats',
    accessible: 'Wheelchair places',
    companion: 'Companion seats',
    unrestricted: 'Unrestricted view',
    left: (seats: number) =>
      seats === 0 ? 'No free seat fits' : `${count(seats)} free ${seats === 1 ? 'seat fits' : 'seats fit'}`,
    all: 'All seats are shown.',
    reset: 'Show all seats',
    accessibleShown: (free: number) =>
      free === 0
        ? 'No wheelchair place is free.'
        : `${count(free)} wheelchair ${free === 1 ? 'place' : 'places'} free.`,
  },
  say: {
    lastGone: (section: string) => `${section}: the last free seat is gone.`,
    freeAgain: (section: string) => `${section}: seats are free again.`,
    left: (time: string) => `${time} left to check out.`,
    dismiss: 'Dismiss message',
  },
  /** In the place of a part that is loaded when it is asked for. */
  coming: {
    loading: 'Loading…',
    failed: 'This could not be loaded. Check your connection, then try again.',
  },
  keys: {
    title: 'Keys',
    skip: 'Ways through the page',
    map: 'Skip to the map',
    list: 'Skip to the list of seats',
    filter: 'Skip to the filters',
    basket: 'Skip to your places',
    checkout: 'Skip to checkout',
    onMap: 'On the map',
    inList: 'In the list of seats',
    rows: {
      walk: 'From seat to seat',
      pan: 'Move the map',
      zoom: 'Zoom in and out',
      all: 'Show the whole map',
      press: 'Hold the seat or let it go',
      move: 'Up and down the list',
      open: 'Open and close a section or row',
      ends: 'First and last',
      type: 'Jump to what you type',
    },
    names: {
      shift: 'Shift',
      arrows: 'Arrow keys',
      enter: 'Enter',
      space: 'Space',
      home: 'Home',
      end: 'End',
      letters: 'A – Z, 0 – 9',
    },
  },
};
export type FindingMessages = typeof finding;
