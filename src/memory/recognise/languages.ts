import { languagesOf, type LanguageName } from './language-cues';

/** What a sentence of another language than English states, in the terms of the English rules. */
export interface Stated {
  readonly subject: string;
  readonly attribute: string;
  readonly value: string;
  readonly kind?: 'fact' | 'preference' | 'event';
  /** The value that it ends. */
  readonly ends?: string;
}

/**
 * Patterns of one attribute. `{v}` is the value, `{n}` the word that makes the attribute ("favourite {n}"), `{e}` an
 * event; `{now}` are words like "now". `says`: it is so; `ends`: no longer.
 */
interface Row {
  readonly attribute: string;
  readonly says: readonly string[];
  readonly ends?: readonly string[];
  /** Many values at once, each true or not: the value is part of the attribute. */
  readonly each?: readonly [says: string, ends: string];
  readonly kind?: Stated['kind'];
}

interface Language {
  /** Words that say "I" or "my" at the beginning, in any case. */
  readonly self: string;
  readonly now: string;
  readonly events: string;
  /** Words of this language for the last word of an attribute. */
  readonly nouns: Readonly<Record<string, string>>;
  readonly diets: Readonly<Record<string, string>>;
  readonly cancelled: readonly string[];
  readonly moved: readonly string[];
  readonly rows: readonly Row[];
}

const GERMAN: Language = {
  self: 'ich|wir',
  now: 'jetzt|nun|inzwischen|derzeit|zurzeit|aktuell|seit kurzem|mittlerweile',
  events: String.raw`[\p{L}-]*(?:termin|besprechung|treffen|flug|meeting|party|hochzeit|prüfung|reise|feier|sitzung|konzert)`,
  nouns: {
    farbe: 'colour',
    essen: 'food',
    film: 'film',
    buch: 'book',
    gericht: 'food',
    getränk: 'drink',
    sport: 'sport',
    band: 'band',
  },
  diets: {
    vegetarier: 'vegetarian',
    vegetarierin: 'vegetarian',
    veganer: 'vegan',
    veganerin: 'vegan',
    vegan: 'vegan',
    vegetarisch: 'vegetarian',
  },
  cancelled: [
    '(?:der|die|das|mein|meine|unser|unsere) {e} (?:wurde|ist|fällt) {now}(?:abgesagt|storniert|aus|gestrichen)',
    'ich habe (?:den|die|das|meinen|meine) {e} (?:abgesagt|storniert)',
  ],
  moved: [
    '(?:der|die|das|mein|meine|unser|unsere) {e} (?:wurde|ist) {now}(?:auf|nach) {v} (?:verschoben|verlegt)',
    '(?:der|die|das|mein|meine|unser|unsere) {e} (?:ist|findet) {now}(?:am|um|im) {v}(?: statt)?',
  ],
  rows: [
    {
      attribute: 'residence',
      says: [
        '{who} (?:wohne|wohnt|wohnen|lebe|lebt|leben) {now}in {v}',
        '{who} (?:bin|ist|sind) {now}(?:von .+? )?nach {v} (?:um)?gezogen',
        '{who} (?:ziehe|zieht) {now}nach {v}(?: um)?',
      ],
      ends: ['{who} (?:wohne|wohnt|wohnen|lebe|lebt|leben) nicht mehr in {v}'],
    },
    {
      attribute: 'employer',
      says: ['{who} (?:arbeite|arbeitet|arbeiten) {now}(?:bei|für) {v}'],
      ends: ['{who} (?:arbeite|arbeitet|arbeiten) nicht mehr (?:bei|für) {v}'],
    },
    {
      attribute: 'occupation',
      says: ['{who} (?:arbeite|arbeitet) {now}als {v}', '{who} (?:bin|ist) {now}von beruf {v}'],
    },
    { attribute: 'name', says: ['{who} heiße {v}', 'mein name ist {v}'] },
    {
      attribute: 'favourite {n}',
      says: ['meine? lieblings{n} (?:ist|sind) {now}{v}', '{v} ist {now}meine? lieblings{n}'],
      kind: 'preference',
    },
    { attribute: 'phone', says: ['meine? (?:neue )?(?:telefonnummer|handynummer|nummer) (?:ist|lautet) {now}{v}'] },
    { attribute: 'email', says: ['meine? (?:neue )?e-?mail(?:-?adresse)? (?:ist|lautet) {now}{v}'] },
    { attribute: 'age', says: ['{who} (?:bin|ist) {now}{d}(?: jahre alt)?'] },
    {
      attribute: 'diet',
      says: ['{who} (?:bin|ist) {now}{diet}'],
      ends: ['{who} (?:bin|ist) (?:nicht mehr|kein|keine) {diet}(?: mehr)?'],
    },
    {
      attribute: 'allergy {v}',
      says: ['{who} (?:bin|ist) {now}allergisch gegen {v}', '{who} (?:habe|hat) eine {v}allergie'],
      ends: ['{who} (?:bin|ist) nicht (?:mehr )?allergisch gegen {v}'],
      each: ['yes', 'no'],
    },
    {
      attribute: 'taste {v}',
      says: ['{who} (?:mag|liebe|liebt) {now}{v}'],
      ends: [
        '{who} (?:mag|liebe|liebt) (?:kein|keine|keinen) {v}(?: mehr)?',
        '{who} (?:mag|liebe|liebt) {v} nicht(?: mehr)?',
        '{who} (?:hasse|hasst) {v}',
      ],
      each: ['likes', 'dislikes'],
      kind: 'preference',
    },
  ],
};

const FRENCH: Language = {
  self: "j(?:e |')|nous ",
  now: 'maintenant|désormais|actuellement|à présent|toujours|dorénavant',
  events: String.raw`(?:rendez-vous|réunion|vol|fête|examen|mariage|concert|voyage|cours|dîner|entretien)(?: (?:chez|avec|de|du|pour) [\p{L} ]{1,40}?)?`,
  nouns: {
    couleur: 'colour',
    plat: 'food',
    nourriture: 'food',
    film: 'film',
    livre: 'book',
    boisson: 'drink',
    sport: 'sport',
  },
  diets: { végétarien: 'vegetarian', végétarienne: 'vegetarian', végane: 'vegan', vegan: 'vegan', végan: 'vegan' },
  cancelled: [
    "(?:le |la |l'|mon |ma |notre ){e} (?:a été|est) {now}(?:annulée?|supprimée?)",
    "j'ai annulé (?:le |la |l'|mon |ma ){e}",
  ],
  moved: [
    "(?:le |la |l'|mon |ma |notre ){e} (?:a été|est) {now}(?:déplacée?|reportée?|repoussée?|avancée?) (?:à|au|pour) {v}",
    "(?:le |la |l'|mon |ma |notre ){e} (?:est|a lieu|aura lieu) {now}(?:à|au|le) {v}",
  ],
  rows: [
    {
      attribute: 'residence',
      says: [
        '{who}(?:habite|vis|vit|habitons|vivons) {now}(?:à|au|aux|en) {v}',
        '{who}(?:ai|a) {now}(?:déménagé|emménagé) (?:de .+? )?(?:à|au|aux|en) {v}',
      ],
      ends: ["{who}(?:n'habite|ne vis|ne vit) plus (?:à|au|aux|en) {v}"],
    },
    {
      attribute: 'employer',
      says: ['{who}(?:travaille|travaillons) {now}(?:chez|pour) {v}'],
      ends: ['{who}ne travaille plus (?:chez|pour) {v}', '{who}(?:ai|a) quitté {v}'],
    },
    { attribute: 'occupation', says: ['{who}travaille {now}comme {v}', '{who}suis {now}de profession {v}'] },
    { attribute: 'name', says: ["je m'appelle {v}", 'mon nom est {v}'] },
    {
      attribute: 'favourite {n}',
      says: ["(?:mon|ma) {n} préférée? est {now}(?:le |la |les |l')?{v}"],
      kind: 'preference',
    },
    { attribute: 'phone', says: ['mon (?:nouveau )?numéro(?: de téléphone)? est {now}{v}'] },
    {
      attribute: 'email',
      says: ['mon (?:nouvel |nouveau )?(?:adresse )?e-?mail est {now}{v}', 'mon adresse e-?mail est {now}{v}'],
    },
    { attribute: 'age', says: ['{who}(?:ai|a) {now}{d} ans'] },
    { attribute: 'diet', says: ['{who}(?:suis|est) {now}{diet}'], ends: ["{who}(?:ne suis|n'est) plus {diet}"] },
    {
      attribute: 'allergy {v}',
      says: ["{who}(?:suis|est) {now}allergique (?:à la |à l'|aux |au |à ){v}"],
      ends: ["{who}(?:ne suis|n'est) (?:pas|plus) allergique (?:à la |à l'|aux |au |à ){v}"],
      each: ['yes', 'no'],
    },
    {
      attribute: 'taste {v}',
      says: ["{who}(?:aime|adore) {now}(?:le |la |les |l')?{v}"],
      ends: ["{who}n'aime (?:pas|plus) (?:le |la |les |l')?{v}", "{who}déteste (?:le |la |les |l')?{v}"],
      each: ['likes', 'dislikes'],
      kind: 'preference',
    },
  ],
};

const SPANISH: Language = {
  self: 'yo |nosotros ',
  now: 'ahora|actualmente|ya|todavía|desde ahora',
  events: String.raw`(?:cita|reunión|vuelo|fiesta|examen|boda|concierto|viaje|clase|cena|entrevista)(?: (?:con|de|del|para) [\p{L} ]{1,40}?)?`,
  nouns: {
    color: 'colour',
    comida: 'food',
    plato: 'food',
    película: 'film',
    libro: 'book',
    bebida: 'drink',
    deporte: 'sport',
  },
  diets: { vegetariano: 'vegetarian', vegetariana: 'vegetarian', vegano: 'vegan', vegana: 'vegan' },
  cancelled: [
    '(?:la|el|mi|nuestra|nuestro) {e} (?:ha sido|fue|está|se ha) {now}(?:cancelad[oa]|anulad[oa]|suspendid[oa])',
    '(?:cancelé|he cancelado) (?:la|el|mi) {e}',
  ],
  moved: [
    '(?:la|el|mi|nuestra|nuestro) {e} (?:ha sido|fue|se ha|se) {now}(?:movid[oa]|cambiad[oa]|aplazad[oa]|pospuest[oa]|cambió|movió|pospuso) (?:al|a la|a las|a|para el|para la|para) {v}',
    '(?:la|el|mi|nuestra|nuestro) {e} es {now}(?:el|a las|a la|en) {v}',
  ],
  rows: [
    {
      attribute: 'residence',
      says: [
        '{who}(?:vivo|vive|vivimos) {now}en {v}',
        '{who}(?:me mudé|se mudó|me he mudado|se ha mudado) {now}(?:de .+? )?a {v}',
      ],
      ends: ['{who}ya no (?:vivo|vive|vivimos) en {v}'],
    },
    {
      attribute: 'employer',
      says: ['{who}(?:trabajo|trabaja|trabajamos) {now}(?:en|para) {v}'],
      ends: ['{who}ya no (?:trabajo|trabaja) (?:en|para) {v}', '{who}(?:dejé|dejó) {v}'],
    },
    { attribute: 'occupation', says: ['{who}(?:trabajo|trabaja) {now}como {v}', '{who}soy {now}{v} de profesión'] },
    { attribute: 'name', says: ['{who}me llamo {v}', 'mi nombre es {v}'] },
    {
      attribute: 'favourite {n}',
      says: ['mi {n} (?:favorit[oa]|preferid[oa]) es {now}(?:el |la |los |las )?{v}'],
      kind: 'preference',
    },
    { attribute: 'phone', says: ['mi (?:nuevo )?(?:número(?: de teléfono)?|teléfono) es {now}{v}'] },
    { attribute: 'email', says: ['mi (?:nuevo )?(?:correo(?: electrónico)?|e-?mail) es {now}{v}'] },
    { attribute: 'age', says: ['{who}(?:tengo|tiene) {now}{d} años'] },
    { attribute: 'diet', says: ['{who}(?:soy|es) {now}{diet}'], ends: ['{who}ya no (?:soy|es) {diet}'] },
    {
      attribute: 'allergy {v}',
      says: ['{who}(?:soy|es) {now}alérgic[oa] (?:a los |a las |a la |al |a ){v}'],
      ends: ['{who}(?:ya )?no (?:soy|es) alérgic[oa] (?:a los |a las |a la |al |a ){v}'],
      each: ['yes', 'no'],
    },
    {
      attribute: 'taste {v}',
      says: ['{who}(?:me|le) (?:gusta|gustan|encanta|encantan) {now}(?:el |la |los |las )?{v}'],
      ends: [
        '{who}(?:ya )?no (?:me|le) (?:gusta|gustan) (?:el |la |los |las )?{v}',
        '{who}(?:odio|odia) (?:el |la |los |las )?{v}',
      ],
      each: ['likes', 'dislikes'],
      kind: 'preference',
    },
  ],
};

const PORTUGUESE: Language = {
  self: 'eu |nós ',
  now: 'agora|atualmente|já|ainda',
  events: String.raw`(?:consulta|reunião|voo|festa|exame|prova|casamento|concerto|viagem|aula|jantar|entrevista)(?: (?:com|de|do|da|para) [\p{L} ]{1,40}?)?`,
  nouns: {
    cor: 'colour',
    comida: 'food',
    prato: 'food',
    filme: 'film',
    livro: 'book',
    bebida: 'drink',
    esporte: 'sport',
    desporto: 'sport',
  },
  diets: { vegetariano: 'vegetarian', vegetariana: 'vegetarian', vegano: 'vegan', vegana: 'vegan' },
  cancelled: [
    '(?:a|o|minha|meu|nossa|nosso) {e} (?:foi|está) {now}(?:cancelad[oa]|anulad[oa]|suspens[oa])',
    '(?:cancelei|desmarquei) (?:a|o|minha|meu|a minha|o meu) {e}',
  ],
  moved: [
    '(?:a|o|minha|meu|nossa|nosso) {e} foi {now}(?:adiad[oa]|remarcad[oa]|mudad[oa]|transferid[oa]) para (?:a |o |as )?{v}',
    '(?:a|o|minha|meu|nossa|nosso) {e} é {now}(?:na|no|às|em) {v}',
  ],
  rows: [
    {
      attribute: 'residence',
      says: [
        '{who}(?:moro|mora|vivo|vive|moramos) {now}(?:em|no|na) {v}',
        '{who}(?:me mudei|mudei-me|se mudou|mudou-se|mudei) {now}(?:de .+? )?para (?:o |a )?{v}',
      ],
      ends: [
        '{who}(?:já )?não (?:moro|mora|vivo|vive) mais (?:em|no|na) {v}',
        '{who}já não (?:moro|mora|vivo|vive) (?:em|no|na) {v}',
      ],
    },
    {
      attribute: 'employer',
      says: ['{who}(?:trabalho|trabalha) {now}(?:na|no|para a|para o|para|em) {v}'],
      ends: [
        '{who}(?:já não (?:trabalho|trabalha)|não (?:trabalho|trabalha) mais) (?:na|no|para a|para o|para|em) {v}',
        '{who}(?:saí|saiu) (?:da|do) {v}',
      ],
    },
    { attribute: 'occupation', says: ['{who}(?:trabalho|trabalha) {now}como {v}'] },
    { attribute: 'name', says: ['(?:eu )?me chamo {v}', 'chamo-me {v}', '(?:o )?meu nome é {v}'] },
    {
      attribute: 'favourite {n}',
      says: ['(?:a minha|o meu|minha|meu) {n} (?:favorit[oa]|preferid[oa]) é {now}(?:o |a )?{v}'],
      kind: 'preference',
    },
    { attribute: 'phone', says: ['(?:o )?meu (?:novo )?(?:número(?: de telefone)?|telefone) é {now}{v}'] },
    { attribute: 'email', says: ['(?:o )?meu (?:novo )?e-?mail é {now}{v}'] },
    { attribute: 'age', says: ['{who}(?:tenho|tem) {now}{d} anos'] },
    {
      attribute: 'diet',
      says: ['{who}(?:sou|é) {now}{diet}'],
      ends: ['{who}(?:já não (?:sou|é)|não (?:sou|é) mais) {diet}'],
    },
    {
      attribute: 'allergy {v}',
      says: ['{who}(?:sou|é) {now}alérgic[oa] (?:aos |às |ao |à |a ){v}'],
      ends: ['{who}(?:já )?não (?:sou|é) (?:mais )?alérgic[oa] (?:aos |às |ao |à |a ){v}'],
      each: ['yes', 'no'],
    },
    {
      attribute: 'taste {v}',
      says: ['{who}(?:gosto|gosta) {now}(?:de |do |da |dos |das ){v}', '{who}(?:adoro|adora) {now}{v}'],
      ends: ['{who}(?:já )?não (?:gosto|gosta) (?:mais )?(?:de |do |da |dos |das ){v}', '{who}(?:odeio|odeia) {v}'],
      each: ['likes', 'dislikes'],
      kind: 'preference',
    },
  ],
};

const CHINESE: Language = {
  self: '我们?',
  now: '今年|现在|目前|最近|已经|刚刚|如今',
  events: String.raw`[\p{sc=Han}]{0,6}(?:预约|会议|航班|聚会|考试|婚礼|音乐会|旅行|课|面试)`,
  nouns: { 颜色: 'colour', 食物: 'food', 菜: 'food', 电影: 'film', 书: 'book', 饮料: 'drink', 运动: 'sport' },
  diets: { 素食者: 'vegetarian', 纯素食者: 'vegan', 素食主义者: 'vegetarian' },
  cancelled: ['(?:我的|我们的)?{e}(?:被)?{now}取消了?', '我取消了(?:我的)?{e}'],
  moved: ['(?:我的|我们的)?{e}(?:被)?{now}(?:改到|改在|推迟到|移到|提前到)了?{v}', '(?:我的|我们的)?{e}{now}在{v}'],
  rows: [
    {
      attribute: 'residence',
      says: ['{who}{now}(?:住在|住|居住在|生活在){v}', '{who}{now}(?:从.+?)?(?:搬到|搬去|搬家到)了?{v}了?'],
      ends: ['{who}(?:不再|不)(?:住在|居住在|生活在){v}了?'],
    },
    {
      attribute: 'employer',
      says: ['{who}{now}在{v}(?:工作|上班)', '{who}{now}为{v}工作'],
      ends: ['{who}(?:不再|不)在{v}(?:工作|上班)了?', '{who}离开了{v}'],
    },
    { attribute: 'occupation', says: ['{who}的职业是{v}', '{who}的工作是{v}'] },
    { attribute: 'name', says: ['我叫{v}', '我的名字是{v}'] },
    { attribute: 'favourite {n}', says: ['我{now}最喜欢的{n}{now}是{v}'], kind: 'preference' },
    { attribute: 'phone', says: ['我的(?:新)?(?:电话号码|手机号|电话|手机号码){now}是{v}'] },
    { attribute: 'email', says: ['我的(?:新)?(?:邮箱|电子邮件|电子邮箱)(?:地址)?{now}是{v}'] },
    { attribute: 'age', says: ['{who}{now}{d}岁了?'] },
    { attribute: 'diet', says: ['{who}{now}是{diet}'], ends: ['{who}(?:不再|不)是{diet}了?'] },
    {
      attribute: 'allergy {v}',
      says: ['{who}{now}对{v}过敏'],
      ends: ['{who}(?:不再|不)对{v}过敏了?', '{who}对{v}不(?:再)?过敏了?'],
      each: ['yes', 'no'],
    },
    {
      attribute: 'taste {v}',
      says: ['{who}{now}(?:喜欢|爱){v}'],
      ends: ['{who}(?:不再|不)(?:喜欢|爱){v}了?', '{who}讨厌{v}'],
      each: ['likes', 'dislikes'],
      kind: 'preference',
    },
  ],
};

/** The words of a name; that it begins with a capital is looked at apart, as sentences do, too. */
const NAMED = String.raw`(?!(?:ya|já|no|não|ne|plus|nicht) )[\p{L}'’-]{2,40}(?: [\p{L}'’-]{2,40}){0,2}`;

/** Before the name of an event, which is the subject. */
const EVENT = 'event ';

type Groups = Readonly<Record<string, string | undefined>>;

interface Pattern {
  readonly regex: RegExp;
  readonly read: (groups: Groups) => Omit<Stated, 'subject'>;
}

function compiled(language: Language, source: string): RegExp {
  const isSpaced = language !== CHINESE;
  const filled = source
    .replaceAll('{who}', whoOf(language))
    .replaceAll('{now}', isSpaced ? `(?:(?:${language.now}) )?` : `(?:${language.now})?`)
    .replaceAll('{e}', `(?<event>${language.events})`)
    .replaceAll('{diet}', `(?:eine? |une? |uma? )?(?<diet>${Object.keys(language.diets).join('|')})`)
    .replaceAll('{d}', '(?<value>\\d{1,3})')
    .replaceAll('{n}', `(?<noun>${Object.keys(language.nouns).join('|')})`)
    .replaceAll('{v}', '(?<value>.+?)');
  return new RegExp(`^${filled}${isSpaced ? ` ?(?:${language.now})?` : ''}$`, 'iu');
}

/** Verbs of Spanish and Portuguese say "I" themselves. */
function whoOf(language: Language): string {
  if (language === CHINESE) return `(?<who>${language.self}|[\\p{sc=Han}]{2,4}?)`;
  if (language === GERMAN) return `(?<who>${language.self}|${NAMED})`;
  return `(?<who>${language.self}|${NAMED} )${language === FRENCH ? '' : '?'}`;
}

const patternsOf = (language: Language): Pattern[] => [
  ...language.cancelled.map((source) => event(language, source, () => 'cancelled')),
  ...language.moved.map((source) => event(language, source, ({ value }) => value ?? '')),
  ...language.rows.flatMap((row) => [
    ...(row.ends ?? []).map((source) => attributeOf(language, row, source, true)),
    ...row.says.map((source) => attributeOf(language, row, source, false)),
  ]),
];

const event = (language: Language, source: string, valueOf: (groups: Groups) => string): Pattern => ({
  regex: compiled(language, source),
  read: (groups) => ({ attribute: `${EVENT}${groups.event ?? ''}`, value: valueOf(groups), kind: 'event' }),
});

function attributeOf(language: Language, { attribute, each, kind }: Row, source: string, isEnd: boolean): Pattern {
  const read = (groups: Groups): Omit<Stated, 'subject'> => {
    const diet = groups.diet === undefined ? undefined : language.diets[groups.diet.toLowerCase()];
    const value = diet ?? groups.value ?? '';
    const noun = language.nouns[(groups.noun ?? '').toLowerCase()] ?? '';
    const named = attribute.replace('{n}', noun).replace('{v}', value.toLowerCase());
    const base = kind === undefined ? {} : { kind };
    if (each) return { ...base, attribute: named, value: isEnd ? each[1] : each[0] };
    return isEnd
      ? { ...base, attribute: named, value: `!${value}`, ends: value }
      : { ...base, attribute: named, value };
  };
  return { regex: compiled(language, source), read };
}

const LANGUAGES: readonly (readonly [LanguageName, Language])[] = [
  ['de', GERMAN],
  ['fr', FRENCH],
  ['es', SPANISH],
  ['pt', PORTUGUESE],
  ['zh', CHINESE],
];

const PATTERNS = new Map(
  LANGUAGES.map(([name, language]) => [
    name,
    { self: new RegExp(`^(?:${language.self})$`, 'iu'), patterns: patternsOf(language) },
  ]),
);

/** What a clause states in German, French, Spanish, Portuguese or Chinese; `undefined` when no row fits. */
export function statedElsewhere(clause: string): Stated | undefined {
  for (const name of languagesOf(clause)) {
    const { self, patterns } = PATTERNS.get(name) ?? NO_PATTERNS;
    for (const { regex, read } of patterns) {
      const groups = regex.exec(clause)?.groups;
      const stated = groups && statedBy(groups, self, read);
      if (stated) return stated;
    }
  }
  return undefined;
}

const NO_PATTERNS = { self: /^$/u, patterns: [] };

function statedBy(groups: Groups, self: RegExp, read: Pattern['read']): Stated | undefined {
  const { who } = groups;
  const isSelf = who === undefined || self.test(who);
  if (!isSelf && !/^[\p{Lu}\p{sc=Han}]/u.test(who)) return undefined;
  const stated = read(groups);
  if (stated.attribute.startsWith(EVENT))
    return { ...stated, subject: stated.attribute.slice(EVENT.length), attribute: 'state' };
  return { ...stated, subject: isSelf ? 'I' : who.trim() };
}
