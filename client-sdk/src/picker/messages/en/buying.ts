/** What is told while buying. `what`, `name`: places by name; money and times come written. */
export const buying = {
  held: (what: string, total: string, time: string) => `Held for you: ${what}. ${total} in all, ${time} left.`,
  /** `places`: "3 places". */
  inArea: (places: string, name: string) => `${places} in ${name}`,
  bestFound: (what: string) => `We found these for you: ${what}.`,
  released: (places: string) => `${places} released.`,
  retyped: (what: string, type: string, total: string) => `${what}: now ${type}. ${total} in all.`,
  moreTime: (time: string) => `You have more time: ${time}.`,
  moreTimeUnasked: (time: string) => `We gave you more time: ${time}.`,
  lastTime: (time: string) => `That was the last extension: ${time} left.`,
  lastTimeMore: 'Please go to the checkout before the time runs out.',
  lapsed: (places: string) => `Your time ran out: ${places} went back on sale.`,
  lapsedMore: 'Choose them again if they are still free.',
  removed: (what: string, count: number) => `${what} ${count === 1 ? 'is' : 'are'} no longer held for you.`,
  removedMore: 'They were let go in another tab, or by the organiser.',
  sessionLost: (places: string) =>
    `Your session ended, and with it went the hold on ${places}: they go back on sale within minutes.`,
  sessionLostMore: 'Please choose them again.',
  sessionEnds: (time: string) => `Your session ends in ${time}.`,
  sessionEndsMore: 'Please go to the checkout before that, or your places go back on sale.',
  signedOut: 'Your sign-in has ended.',
  signedOutMore: 'Sign in again to go on. What you hold stays yours until its time runs out.',

  mineReserved: (name: string) => `${name} belongs to an order you have already begun.`,
  mineReservedMore: 'Pay for that order, or cancel it to let the seat go.',
  taken: (name: string) => `${name} is taken.`,
  takenMore: 'Free seats are shown in the colour of their category.',
  blocked: (name: string) => `${name} is not for sale.`,
  notChoosable: (name: string) => `${name} cannot be chosen here.`,
  lostChoice: (name: string) => `${name} is no longer available and was taken out of your selection.`,
  noPrice: (name: string) => `${name} has no price yet, so it cannot be held.`,
  noPriceMore: 'Please choose another category, or try again later.',
  noPriceAtAll: 'These places have no price yet, so they cannot be held.',
  noType: 'That ticket type is not sold for these places.',
  noConnection: 'There is no connection at the moment, so nothing can be held.',
  noConnectionMore: 'We keep trying; what you hold stays yours until its time runs out.',
  wait: 'One moment: your last choice is still being saved.',
  nothingHeld: 'You have not chosen anything yet.',
  nothingHeldMore: 'Choose a seat first.',

  /** By the event's status. */
  status: {
    draft: 'This event is not on sale yet.',
    published: 'Sales have not opened yet. You can look at the map meanwhile.',
    on_sale: 'Sales are open. You can choose your places now.',
    paused: 'Sales are paused. What you hold stays yours until its time runs out; nothing new can be held for now.',
    closed: 'Sales have closed. Nothing can be held or ordered any more.',
    cancelled: 'This event has been cancelled. Places that were held have been let go.',
  },
  closedHolding: 'What you held cannot be ordered any more. An order you have already begun can still be paid.',

  quicker: (what: string, count: number) =>
    what === ''
      ? 'Somebody else was quicker.'
      : `Somebody else was quicker: ${what} ${count === 1 ? 'is' : 'are'} gone.`,
  quickerMore: 'Please choose another seat.',
  areaLeft: (name: string, places: string) => `${name} has only ${places} left.`,
  areaLeftMore: (count: string) => `Ask for ${count} or fewer.`,
  areaFull: (name: string) => `${name} is full.`,
  areaFullMore: 'Places come back when others let go of theirs.',
  /** `quantity`: how many were asked for. */
  noneSuch: (quantity: number) =>
    quantity === 1 ? 'There is no such place left.' : `There are no ${quantity} such places left.`,
  noneSuchMore: 'Try fewer places or another category.',
  limit: (places: string) => `You can hold ${places} at most.`,
  limitMore: 'Let some go to choose others.',
  notOnSale: 'Places cannot be held at the moment: the event is not on sale.',
  notOnSaleMore: 'We will tell you here when that changes.',
  holdGone: 'Your time was up: those places are on sale again.',
  holdGoneMore: 'Choose them again if they are still free.',
  ordered: 'These places belong to an order you have already begun.',
  orderedMore: 'Pay for that order or cancel it first.',
  tooFast: 'That was a lot in a short time.',
  tooFastMore: 'Wait a moment, then try again.',
  retypeRefused: 'The ticket type could not be changed. Your place is still held as it was.',
  retypeRefusedMore: 'Try again, or let the place go and choose it anew.',
  unknown: 'The server did not answer in time.',
  unknownMore: 'Your basket shows what is held for you as soon as we hear from it again.',
  paused: 'Holding places is switched off for the moment.',

  prices: (name: string, before: string, now: string) => `The price of ${name} has changed from ${before} to ${now}.`,
  pricesMore: 'Your basket shows the new total.',
  changed: 'The seating plan of this event has changed.',
  changedMore: 'The map is being loaded again; what you hold is kept.',

  orphans: (names: string, count: number) =>
    count === 1
      ? `Your choice leaves a single seat empty: ${names}.`
      : `Your choice leaves single seats empty: ${names}.`,
  orphansMore: 'Please move along so that no single seat is left.',
  apart: 'Your seats are not side by side.',
  apartMore: 'Please choose seats next to one another.',
};
export type BuyingMessages = typeof buying;
