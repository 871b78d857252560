export type LanguageName = 'de' | 'fr' | 'es' | 'pt' | 'zh';

/** Words that a statement of the language hardly goes without, and English does without. */
const CUES: readonly (readonly [LanguageName, RegExp])[] = [
  [
    'de',
    /(?<!\p{L})(?:ich|wir|mein|meine|unser|unsere|bin|ist|sind|wohnt|lebt|arbeitet|wurde|findet|fällt|mag|liebt|hasst|hat|zieht|gezogen|nicht)(?!\p{L})/iu,
  ],
  [
    'fr',
    /(?<!\p{L})(?:je|j'\p{L}|mon|ma|notre|est|suis|habite|vit|travaille|aime|adore|déteste|n'\p{L}+|déménagé|emménagé|quitté|ans|a été|annulée?)(?!\p{L})/iu,
  ],
  [
    'es',
    /(?<!\p{L})(?:yo|mi|vivo|vive|vivimos|trabajo|trabaja|soy|es|tengo|tiene|gustan?|encantan?|odio|odia|me llamo|mudé|mudó|mudado|dejé|dejó|fue|sido|se ha|cancelé|cancelado|nuestr[oa])(?!\p{L})/iu,
  ],
  [
    'pt',
    /(?<!\p{L})(?:eu|meu|minha|moro|mora|moramos|vivo|vive|trabalho|trabalha|sou|é|tenho|tem|gosto|gosta|adoro|adora|odeio|odeia|chamo|mudei|mudou|saí|saiu|foi|está|cancelei|desmarquei|noss[oa])(?!\p{L})/iu,
  ],
  ['zh', /\p{sc=Han}/u],
];

/** The languages that a clause may be of, besides English. */
export const languagesOf = (clause: string): LanguageName[] =>
  CUES.flatMap(([language, cue]) => (cue.test(clause) ? [language] : []));
