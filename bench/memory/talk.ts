import type { ConversationSet } from './conversations';

/** Topics as two people talk about them: the answer often shares no word with the question it answers. */
interface Topic {
  /** A asks, B answers; `answer` is what the evidence question asks for. */
  readonly exchange: readonly string[];
  readonly questions: readonly string[];
  /** Which line of the exchange is the evidence. */
  readonly evidence: number;
}

const FILLS: Readonly<Record<string, readonly string[]>> = {
  place: ['Yosemite', 'the lake house', 'Lisbon', 'the desert', 'Kyoto', 'the mountains', 'Naples', 'the coast'],
  animal: ['a rescue greyhound', 'two kittens', 'an old parrot', 'a hedgehog', 'a tortoise'],
  art: ['a sunset over the harbour', 'a portrait of my grandmother', 'an abstract in blue', 'a field of poppies'],
  sport: ['a half marathon', 'the climbing finals', 'a rowing regatta', 'the chess open', 'a judo tournament'],
  food: ['lasagna from scratch', 'sourdough', 'a lemon tart', 'jollof rice', 'a mushroom curry'],
  job: ['the library', 'a robotics startup', 'the town theatre', 'a veterinary clinic', 'the radio station'],
  book: ['a novel about lighthouse keepers', 'a history of salt', 'poems by Szymborska', 'a thriller set in Oslo'],
  person: ['my aunt', 'an old classmate', 'my piano teacher', 'the neighbours', 'my cousin'],
};

const TOPICS: readonly Topic[] = [
  {
    exchange: ['What did you do over the weekend?', 'We drove up to {place} and slept in a tent. The kids loved it!'],
    questions: ['Where did {b} go camping?', 'What trip did {b} make with the kids?'],
    evidence: 1,
  },
  {
    exchange: ['Any news from the shelter?', 'Yes, I finally brought home {animal}. Still hiding under the sofa.'],
    questions: ['Which pet did {b} adopt?', 'What animal does {b} have at home now?'],
    evidence: 1,
  },
  {
    exchange: ['How is the painting going?', 'Slowly, but I finished one: {art}.'],
    questions: ['What did {b} paint?', 'What is the subject of the painting {b} finished?'],
    evidence: 1,
  },
  {
    exchange: [
      'I signed up for something crazy.',
      'Oh no, what is it this time?',
      '{sport}, in October. I train every morning now.',
    ],
    questions: ['Which competition is {a} preparing for?', 'Why does {a} train in the morning?'],
    evidence: 2,
  },
  {
    exchange: ['What are you making for the potluck?', 'Probably {food}, it never fails.'],
    questions: ['What will {b} cook for the shared dinner?', 'Which dish does {b} bring to the potluck?'],
    evidence: 1,
  },
  {
    exchange: ['Did you hear back after the interview?', 'I did! They took me, I start at {job} on Monday.'],
    questions: ['Where did {b} get a new job?', 'Who hired {b}?'],
    evidence: 1,
  },
  {
    exchange: ['What are you reading these days?', 'It is {book}. Hard to put down.'],
    questions: ['Which book is {b} reading?', 'What is the book about that {b} enjoys?'],
    evidence: 1,
  },
  {
    exchange: ['You look tired.', 'I was up late. {person} came by without warning and stayed until two.'],
    questions: ['Who visited {b} unexpectedly?', 'Why was {b} tired?'],
    evidence: 1,
  },
  {
    exchange: ['How was the doctor?', 'All good, though I have to give up coffee for {weeks} weeks.'],
    questions: ['What did the doctor tell {b} to stop drinking?', 'For how long may {b} have no coffee?'],
    evidence: 1,
  },
  {
    exchange: ['Have you found a present yet?', 'Yes, a {thing}. She mentioned it months ago.'],
    questions: ['What gift did {b} buy?', 'Which present did {b} find for her?'],
    evidence: 1,
  },
];

const CHATTER = [
  'That sounds wonderful.',
  'Ha, I can imagine!',
  'Tell me more when we meet.',
  'I wish I had the time for that.',
  'The traffic was terrible today.',
  'We should have lunch soon.',
  'My week was mostly meetings.',
  'It has been raining for days here.',
  'I saw a funny film last night.',
  'Thanks for listening, by the way.',
  'I need a holiday.',
  'Did you see the game yesterday?',
  'The garden is finally blooming.',
  'Let me know how it goes.',
];

/** A seeded conversation of two people over many sessions. */
export function talk(random: () => number, sessions = 40): ConversationSet {
  const turns: ConversationSet['turns'] = [];
  const told: Told[] = [];
  const names = ['Maya', 'Jonas'];
  for (let session = 0; session < sessions; session += 1) {
    const date = new Date(Date.UTC(2023, 0, 3 + session * 6, 18)).toISOString();
    const say = (name: string, text: string): string => {
      const id = `D${session + 1}:${turns.length + 1}`;
      turns.push({ id, text: `${name}: ${text}`, date });
      return id;
    };
    for (const topic of shuffled(random, TOPICS).slice(0, 3)) {
      const [a = '', b = ''] = random() < 0.5 ? names : [...names].reverse();
      const fill = filler(random);
      const ids = topic.exchange.map((line, index) => say(index % 2 === 0 ? a : b, fill(line)));
      for (let more = 0; more < 2 + Math.floor(random() * 4); more += 1)
        say(more % 2 === 0 ? a : b, pick(random, CHATTER));
      told.push({ topic, a, b, month: monthOf(date), id: ids[topic.evidence] ?? '' });
    }
  }
  return { turns, questions: questionsOf(told) };
}

interface Told {
  readonly topic: Topic;
  readonly a: string;
  readonly b: string;
  readonly month: string;
  readonly id: string;
}

const monthOf = (date: string): string => new Date(date).toLocaleString('en', { month: 'long', timeZone: 'UTC' });

/** For each topic and pair: everything that was ever said of it, and what was said in one month. */
function questionsOf(told: readonly Told[]): ConversationSet['questions'] {
  const questions = new Map<string, Set<string>>();
  const ask = (text: string, id: string): void => {
    questions.set(text, (questions.get(text) ?? new Set()).add(id));
  };
  for (const { topic, a, b, month, id } of told) {
    for (const pattern of topic.questions) {
      const text = pattern.replaceAll('{a}', a).replaceAll('{b}', b);
      ask(text, id);
      ask(`${text.replace(/\?$/, '')} in ${month} 2023?`, id);
    }
  }
  return [...questions].map(([text, evidence]) => ({ text, evidence: [...evidence] }));
}

function filler(random: () => number): (line: string) => string {
  return (line) =>
    line.replace(/\{(\w+)\}/g, (_all, name: string) => {
      if (name === 'weeks') return String(2 + Math.floor(random() * 8));
      if (name === 'thing')
        return pick(random, ['telescope', 'record player', 'pottery set', 'rain jacket', 'film camera']);
      return pick(random, FILLS[name] ?? ['']);
    });
}

const pick = <T>(random: () => number, items: readonly T[]): T => {
  const item = items[Math.floor(random() * items.length)];
  if (item === undefined) throw new Error('There is nothing to pick from.');
  return item;
};

const shuffled = <T>(random: () => number, items: readonly T[]): T[] =>
  items
    .map((item) => ({ item, order: random() }))
    .sort((a, b) => a.order - b.order)
    .map(({ item }) => item);
