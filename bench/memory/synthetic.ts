/** A seeded life of a few people: attributes that change, contradictions, distractors, and questions with exact answers. */

export interface Statement {
  readonly id: string;
  readonly user: string;
  /** When it was said, and from when it holds. */
  readonly at: Date;
  readonly content: string;
  /** `undefined`: it states nothing that anybody asks for. */
  readonly attribute?: string;
  readonly value?: string;
}

export interface Question {
  readonly user: string;
  readonly text: string;
  /** `undefined`: now. */
  readonly asOf?: Date;
  /** The statement that answers it. */
  readonly answer: string;
  readonly kind: 'current' | 'as-of' | 'recall';
}

export interface SyntheticSet {
  readonly statements: readonly Statement[];
  readonly questions: readonly Question[];
}

interface Attribute {
  readonly name: string;
  readonly say: readonly ((value: string) => string)[];
  readonly ask: readonly string[];
  readonly askThen: readonly string[];
  readonly values: readonly string[];
}

const attribute = (
  name: string,
  say: readonly string[],
  ask: readonly string[],
  askThen: readonly string[],
  values: string,
): Attribute => ({
  name,
  say: say.map((pattern) => (value) => pattern.replace('%', value)),
  ask,
  askThen,
  values: values.split('|'),
});

const ATTRIBUTES: readonly Attribute[] = [
  attribute(
    'residence',
    ['I live in %.', 'I moved to %.', "I'm living in % now.", 'By the way, I have moved to %.'],
    ['Which city does the user live in?', 'Where do I live?', 'What is my home town these days?'],
    ['Which city did I live in?', 'Where was my home?'],
    'Berlin|Lisbon|Toronto|Osaka|Nairobi|Lima|Oslo|Prague|Austin|Hanoi|Dublin|Quito',
  ),
  attribute(
    'employer',
    ['I work at %.', 'I joined %.', 'I started working for %.', "I'm now working at %."],
    ['Which company do I work for?', 'Who is my employer?', 'Where do I work?'],
    ['Which company did I work for?', 'Who was my employer?'],
    'Acme|Globex|Initech|Hooli|Umbrella|Stark Industries|Wayne Enterprises|Cyberdyne|Tyrell|Soylent',
  ),
  attribute(
    'favourite colour',
    ['My favourite colour is %.', 'My favorite color is now %.', '% is my favourite colour.'],
    ['What is my favourite colour?', 'Which colour do I like best?'],
    ['What was my favourite colour?', 'Which colour did I like best?'],
    'teal|crimson|ochre|navy|olive|magenta|ivory|amber',
  ),
  attribute(
    'phone',
    ['My phone number is %.', 'My new phone number is %.', 'I changed my phone number to %.'],
    ['What is my phone number?', 'Under which number can I be called?'],
    ['What was my phone number?', 'Which phone number did I have?'],
    '555-0101|555-0142|555-0177|555-0193|555-0120|555-0165|555-0188|555-0134',
  ),
  attribute(
    'email',
    ['My email is %.', 'My email address is %.', 'I changed my email to %.'],
    ['What is my email address?', 'Where can emails be sent to me?'],
    ['What was my email address?'],
    'ann@example.com|sky@example.org|fox@example.net|river@example.com|moon@example.org|pine@example.net',
  ),
  attribute(
    'occupation',
    ['I work as a %.', 'I became a %.', 'I was promoted to %.'],
    ['What is my occupation?', 'What is my job title?', 'What do I do for a living as a profession?'],
    ['What was my occupation?', 'What was my job title?'],
    'nurse|data analyst|architect|chef|team lead|pilot|editor|translator|carpenter',
  ),
  attribute(
    'dog name',
    ['My dog is called %.', 'I adopted a dog named %.'],
    ['What is the name of my dog?', 'How is my dog called?'],
    ['What was the name of my dog?'],
    'Rex|Bella|Pixel|Mochi|Waffles|Comet|Ziggy',
  ),
  attribute(
    'diet',
    ["I'm %.", 'I became %.'],
    ['What is my diet?', 'Am I vegetarian, vegan or something else in what I eat?'],
    ['What was my diet?', 'What did I eat: vegetarian, vegan or something else?'],
    'vegetarian|vegan|pescatarian',
  ),
  attribute(
    'favourite food',
    ['My favourite food is %.', 'My favorite food is now %.'],
    ['What is my favourite food?', 'Which dish do I like the most?'],
    ['What was my favourite food?'],
    'ramen|pizza|tacos|dumplings|risotto|falafel|pho|paella',
  ),
  attribute(
    'car',
    ['My car is a %.', 'My new car is a %.'],
    ['Which car do I have?', 'What is my car?'],
    ['Which car did I have?', 'What was my car?'],
    'Volvo|Fiat|Toyota|Skoda|Subaru|Honda',
  ),
  attribute(
    'sister residence',
    ['My sister lives in %.', 'My sister moved to %.'],
    ['Where does my sister live?', 'Which city is the home of my sister?'],
    ['Where did my sister live?'],
    'Madrid|Seoul|Denver|Cairo|Warsaw|Perth',
  ),
  attribute(
    'birthday gift budget',
    ['My budget for gifts is % euros.', 'My budget for gifts is now % euros.'],
    ['What is my budget for gifts?', 'How much may gifts cost?'],
    ['What was my budget for gifts?'],
    '20|30|45|60|75|100',
  ),
  attribute(
    'gym',
    ['My gym is %.', 'My new gym is %.'],
    ['Which gym do I go to?', 'What is my gym?'],
    ['Which gym did I go to?'],
    'Iron Temple|FitHub|Pulse|Muscle Barn|City Sports',
  ),
  attribute(
    'wifi password',
    ['The wifi password is %.', 'The wifi password is now %.'],
    ['What is the wifi password?', 'How do guests get into the wifi?'],
    ['What was the wifi password?'],
    'sunflower88|bluewhale12|quietriver|redpanda7|goldenleaf',
  ),
];

/** Said in between; shares words with what is asked for, and answers nothing. */
const DISTRACTORS = [
  'I talked to a colleague about her new car yesterday.',
  'The weather in the city was awful this week.',
  'We watched a film about a dog that travels to Paris.',
  'My neighbour told me a long story about his phone.',
  'Somebody at work brought dumplings for everyone.',
  'I read an article about the colour of the sea.',
  'Had a nice walk by the river this morning.',
  'The bakery next door was closed again.',
  'A friend of mine is thinking about moving to Lisbon.',
  'I would love to visit Osaka one day.',
  'Maybe I should go to the gym more often.',
  'My boss asked whether the report was done.',
  'I used to like pizza a lot when I was a child.',
  'Do you know a good place for ramen?',
  'There was a long queue at the post office.',
  'The train was late by twenty minutes.',
  'I finished the novel that you recommended.',
  'We planted tomatoes on the balcony.',
];

const DAY_MS = 86_400_000;
const START = Date.UTC(2023, 0, 2);

/** At least 2,000 questions with the default size. */
export function synthesise(random: () => number, people = 20): SyntheticSet {
  const statements: Statement[] = [];
  const questions: Question[] = [];
  for (let person = 0; person < people; person += 1) {
    const life = lifeOf(random, `person-${person}`);
    statements.push(...life.statements);
    questions.push(...life.questions);
  }
  return { statements, questions };
}

function lifeOf(random: () => number, user: string): SyntheticSet {
  const statements: Statement[] = [];
  const questions: Question[] = [];
  for (const one of ATTRIBUTES) {
    const changes = 1 + Math.floor(random() * 3);
    const values = shuffled(random, one.values).slice(0, changes + 1);
    const said = values.map((value, index): Statement => {
      const at = new Date(START + Math.floor((index + random()) * 300) * DAY_MS + Math.floor(random() * DAY_MS));
      return {
        id: `${user}-${one.name}-${index}`.replaceAll(' ', '_'),
        user,
        at,
        content: pick(random, one.say)(value),
        attribute: one.name,
        value,
      };
    });
    statements.push(...said);
    questions.push(...questionsOf(random, user, one, said));
  }
  for (let index = 0; index < 30; index += 1) {
    const at = new Date(START + Math.floor(random() * 1_100) * DAY_MS);
    statements.push({ id: `${user}-talk-${index}`, user, at, content: `${pick(random, DISTRACTORS)} (${index + 1})` });
  }
  return { statements: statements.sort((a, b) => a.at.getTime() - b.at.getTime()), questions };
}

function questionsOf(random: () => number, user: string, one: Attribute, said: readonly Statement[]): Question[] {
  const last = said.at(-1);
  const current = one.ask.map((text): Question => ({ user, text, answer: last?.id ?? '', kind: 'current' }));
  const past = said.slice(0, -1).flatMap((statement, index): Question[] => {
    const next = said[index + 1];
    if (!next) return [];
    const asOf = new Date(
      statement.at.getTime() + (0.05 + 0.9 * random()) * (next.at.getTime() - statement.at.getTime()),
    );
    return one.askThen.map((text): Question => ({ user, text, asOf, answer: statement.id, kind: 'as-of' }));
  });
  return [...current, ...past, ...current.map((question): Question => ({ ...question, kind: 'recall' }))];
}

const pick = <T>(random: () => number, items: readonly T[]): T => {
  const item = items[Math.floor(random() * items.length)];
  if (item === undefined) throw new Error('There is nothing to pick from.');
  return item;
};

function shuffled<T>(random: () => number, items: readonly T[]): T[] {
  return items
    .map((item) => ({ item, order: random() }))
    .sort((a, b) => a.order - b.order)
    .map(({ item }) => item);
}
