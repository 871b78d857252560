// The package's own types describe its ECMAScript modules; these are its CommonJS ones.
declare module '@orama/stemmers/arabic' {
  export function stemmer(word: string): string;
}
declare module '@orama/stemmers/armenian' {
  export function stemmer(word: string): string;
}
declare module '@orama/stemmers/danish' {
  export function stemmer(word: string): string;
}
declare module '@orama/stemmers/dutch' {
  export function stemmer(word: string): string;
}
declare module '@orama/stemmers/finnish' {
  export function stemmer(word: string): string;
}
declare module '@orama/stemmers/french' {
  export function stemmer(word: string): string;
}
declare module '@orama/stemmers/german' {
  export function stemmer(word: string): string;
}
declare module '@orama/stemmers/greek' {
  export function stemmer(word: string): string;
}
declare module '@orama/stemmers/hungarian' {
  export function stemmer(word: string): string;
}
declare module '@orama/stemmers/indian' {
  export function stemmer(word: string): string;
}
declare module '@orama/stemmers/indonesian' {
  export function stemmer(word: string): string;
}
declare module '@orama/stemmers/irish' {
  export function stemmer(word: string): string;
}
declare module '@orama/stemmers/italian' {
  export function stemmer(word: string): string;
}
declare module '@orama/stemmers/lithuanian' {
  export function stemmer(word: string): string;
}
declare module '@orama/stemmers/nepali' {
  export function stemmer(word: string): string;
}
declare module '@orama/stemmers/norwegian' {
  export function stemmer(word: string): string;
}
declare module '@orama/stemmers/portuguese' {
  export function stemmer(word: string): string;
}
declare module '@orama/stemmers/romanian' {
  export function stemmer(word: string): string;
}
declare module '@orama/stemmers/russian' {
  export function stemmer(word: string): string;
}
declare module '@orama/stemmers/serbian' {
  export function stemmer(word: string): string;
}
declare module '@orama/stemmers/spanish' {
  export function stemmer(word: string): string;
}
declare module '@orama/stemmers/swedish' {
  export function stemmer(word: string): string;
}
declare module '@orama/stemmers/tamil' {
  export function stemmer(word: string): string;
}
declare module '@orama/stemmers/turkish' {
  export function stemmer(word: string): string;
}
declare module '@orama/stemmers/ukrainian' {
  export function stemmer(word: string): string;
}
