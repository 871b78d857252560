import { hash, vectorOf } from '../random';
import type { LoadStage } from '../stage';

const WORDS = ['amber', 'river', 'castle', 'winter', 'copper', 'meadow', 'harbour', 'lantern', 'violet', 'thunder'];
const GROUPS = 8;

export const groupOf = (key: string): number => hash(key) % GROUPS;

/** What the write `sequence` of `key` stores. The first word is its own: keyword search must find it. */
export const textOf = (key: string, sequence: number): string => {
  const drawn = hash(`${key}/${sequence}`);
  const words = [drawn, drawn >>> 8, drawn >>> 16].map((number) => WORDS[number % WORDS.length]);
  return `${key}v${sequence} ${words.join(' ')}`;
};

export const vectorOfWrite = (stage: Pick<LoadStage, 'dimension'>, key: string, sequence: number): number[] =>
  vectorOf(textOf(key, sequence), stage.dimension);

export interface Content {
  readonly text: string;
  readonly metadata: { readonly key: string; readonly seq: number; readonly group: number };
}

export const contentOf = (key: string, sequence: number): Content => ({
  text: textOf(key, sequence),
  metadata: { key, seq: sequence, group: groupOf(key) },
});
