const words = {
  positive: ['great', 'love it', 'works perfectly', 'excellent'],
  neutral: ['it is grey', 'arrived on Monday', 'a box of twelve', 'made of wood'],
  negative: ['awful', 'hate it', 'broke at once', 'a waste of money'],
} as const;

/** The n-th of any number of labelled reviews, of the length of a usual sentence; no two alike. */
export function reviewAt(index: number): { readonly text: string; readonly label: keyof typeof words } {
  const label = (['positive', 'neutral', 'negative'] as const)[index % 3] ?? 'neutral';
  const [one, two] = [words[label][index % 4], words[label][(index >> 2) % 4]];
  return { text: `The thing that I ordered for the kitchen last week: ${one}, ${two}, number ${index}`, label };
}
