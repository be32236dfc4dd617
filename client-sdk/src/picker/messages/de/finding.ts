import type { FindingMessages } from '../en/finding.js';

const count = (value: number): string => value.toLocaleString('de');

export const finding: FindingMessages = {
  list: {
    title: 'Plätze nach Block und Reihe',
    label: 'Blöcke, Reihen und Plätze',
    loose: 'Weitere Plätze',
    row: (label) => `Reihe ${label}`,
    seat: (label) => `Platz ${label}`,
    part: (first, last) => `${first} – ${last}`,
    free: (free) => (free === 0 ? 'Nichts frei' : `${count(free)} frei`),
    mine: (places) => `${count(places)} von Ihnen`,
    chosen: 'Gewählt',
    held: 'Ihre Ticketart',
    none: 'Kein Platz passt zum Filter.',
    empty: 'Diese Veranstaltung hat keine Plätze.',
  },
  find: {
    label: 'Platz suchen',
    placeholder: 'Reihe C Platz 12',
    fillers: ['reihe', 'platz', 'block', 'sitz', 'row', 'seat'],
    none: 'Kein Platz passt.',
    found: (total) => `${count(total)} ${total === 1 ? 'Platz' : 'Plätze'} gefunden.`,
    foundMore: (total, listed) => `${count(total)} Plätze passen, die ersten ${listed} stehen in der Liste.`,
    more: (left) => `${count(left)} weitere passen. Tippen Sie mehr, um sie einzugrenzen.`,
    hold: 'Vormerken',
    release: 'Freigeben',
    holdSeat: (name) => `${name} vormerken`,
    releaseSeat: (name) => `${name} freigeben`,
    show: 'Zeigen',
    showSeat: (name) => `${name} auf dem Plan zeigen`,
  },
  filter: {
    title: 'Filter',
    categories: 'Kategorien',
    price: 'Preis',
    anyPrice: 'Jeder Preis',
    upTo: (price) => `Bis ${price}`,
    needs: 'Plätze',
    accessible: 'Rollstuhlplätze',
    companion: 'Begleitplätze',
    unrestricted: 'Freie Sicht',
    left: (seats) =>
      seats === 0
        ? 'Kein freier Platz passt'
        : `${count(seats)} ${seats === 1 ? 'freier Platz passt' : 'freie Plätze passen'}`,
    all: 'Alle Plätze werden gezeigt.',
    reset: 'Alle Plätze zeigen',
    accessibleShown: (free) =>
      free === 0
        ? 'Kein Rollstuhlplatz ist frei.'
        : `${count(free)} ${free === 1 ? 'Rollstuhlplatz' : 'Rollstuhlplätze'} frei.`,
  },
  say: {
    lastGone: (section) => `${section}: Der letzte freie Platz ist vergeben.`,
    freeAgain: (section) => `${section}: Es sind wieder Plätze frei.`,
    left: (time) => `Noch ${time} bis zum Ablauf.`,
    dismiss: 'Meldung schließen',
  },
  coming: {
    loading: 'Wird geladen …',
    failed: 'Das konnte nicht geladen werden. Prüfen Sie Ihre Verbindung und versuchen Sie es noch einmal.',
  },
  keys: {
    title: 'Tasten',
    skip: 'Wege durch die Seite',
    map: 'Zum Saalplan springen',
    list: 'Zur Liste der Plätze springen',
    filter: 'Zu den Filtern springen',
    basket: 'Zu Ihren Plätzen springen',
    checkout: 'Zur Kasse springen',
    onMap: 'Auf dem Plan',
    inList: 'In der Liste der Plätze',
    rows: {
      walk: 'Von Platz zu Platz',
      pan: 'Den Plan verschieben',
      zoom: 'Vergrößern und verkleinern',
      all: 'Den ganzen Plan zeigen',
      press: 'Platz vormerken oder freigeben',
      move: 'In der Liste auf und ab',
      open: 'Block oder Reihe öffnen und schließen',
      ends: 'Anfang und Ende',
      type: 'Zum Getippten springen',
    },
    names: {
      shift: 'Umschalt',
      arrows: 'Pfeiltasten',
      enter: 'Eingabe',
      space: 'Leertaste',
      home: 'Pos1',
      end: 'Ende',
      letters: 'A – Z, 0 – 9',
    },
  },
};
