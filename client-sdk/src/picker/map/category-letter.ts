/** The letter that tells a category's seats apart without colour, when seats are large; A for the first. */
export function categoryLetter(position: number): string {
  const letter = String.fromCharCode(65 + (position % 26));
  return position < 26 ? letter : `${letter}${Math.floor(position / 26) + 1}`;
}
