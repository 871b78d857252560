import type { Claim } from '../memory';
import { folded } from './fingerprint';

export interface Entity {
  /** Folded, for comparison. */
  readonly entity: string;
  readonly name: string;
}

export interface Relation {
  readonly subject: string;
  readonly relation: string;
  readonly object: string;
}

const MAX_ENTITIES = 32;
const MAX_ENTITY_LENGTH = 80;

const PROPER =
  /(?<![\p{L}\p{N}])\p{Lu}[\p{L}\p{N}'’-]*(?:\s+(?:(?:of|de|van|von|the)\s*)?\p{Lu}[\p{L}\p{N}'’-]*){0,3}/gu;
/** Capitalised for their place in the sentence, not for what they name. */
const COMMON = new Set(
  `i i'm i've i'll i'd my we our you your he she it they his her their its the a an this that these those there here and
  but or so if when where what why how who which yes no not oh ah well ok okay hi hey hello thanks thank please sorry
  wow great good nice cool sure maybe just also then now today yesterday tomorrow last next in on at by for from to of
  as is are was were be do does did have has had can could will would should may might let let's monday tuesday
  wednesday thursday friday saturday sunday january february march april june july august september october november
  december some any all every each both many much more most other another after before during since because while
  actually by remember note call user assistant`.split(/\s+/),
);

/** The names in a text: runs of capitalised words that are no common ones. */
export function entitiesOf(text: string, more: readonly (string | undefined)[] = []): Entity[] {
  const found = new Map<string, string>();
  const keep = (name: string): void => {
    const entity = folded(name).replace(/['’]s?$/u, '');
    const isName = entity.length >= 2 && entity.length <= MAX_ENTITY_LENGTH;
    if (isName && found.size < MAX_ENTITIES && !found.has(entity)) found.set(entity, name.replace(/['’]s?$/u, ''));
  };
  for (const name of more) if (name !== undefined && name !== '') keep(name);
  for (const [run] of text.normalize('NFKC').matchAll(PROPER)) {
    const words = run.split(/\s+/);
    while (words.length > 0 && COMMON.has(folded(words[0] ?? '').replaceAll('’', "'"))) words.shift();
    if (words.length > 0) keep(words.join(' '));
  }
  return [...found].map(([entity, name]) => ({ entity, name }));
}

/** What a claim says of two things. */
export const relationOf = ({ subject, attribute, value }: Claim): Relation[] =>
  value.startsWith('!') || value.length > MAX_ENTITY_LENGTH
    ? []
    : [{ subject, relation: attribute.slice(0, MAX_ENTITY_LENGTH), object: value }];
