declare module 'wink-sentiment' {
  export default function sentiment(phrase: string): { readonly score: number; readonly normalizedScore: number };
}
