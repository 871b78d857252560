import { pick, shuffled, type Random } from '../support/draw';
import type { ConversationSet } from './conversations';

/**
 * A long conversation of several people, as hard as real ones: questions share few words with what answers them, since a
 * reply leaves out what was asked; people are named in one session and spoken of in another; most of it is small talk.
 * None of it is what the rules read.
 */
export const SESSIONS = 24;
const TURNS_A_SESSION = 210;
/** Exchanges that questions are asked about; the rest of a session is small talk. */
const EPISODES_A_SESSION = 18;

type Turns = ConversationSet['turns'];
type Question = ConversationSet['questions'][number];

const list = (text: string): string[] => text.split('|');

const PEOPLE = list('Priya|Tomas|Ingrid|Kwame|Lucia|Henrik|Noor|Mateo');
const RELATIVES = list('cousin|godmother|landlord|flatmate|uncle|goddaughter|stepbrother|old professor|drummer|physio');
const NAMES = list(
  'Bastian|Yolanda|Femke|Rashid|Marlene|Osvaldo|Tilda|Jericho|Annika|Desmond|Paloma|Gunnar|Zuleika|Casper|Ottilie|Ravi|Wren|Leopold|Saskia|Ignatius|Beatrix|Mungo|Perpetua|Alaric|Fenella|Hugo|Liesl|Barnaby|Cosima|Thaddeus|Nerys|Odile',
);
const TOWNS = list(
  'Ghent|Tromsø|Valparaíso|Galway|Antigua|Split|Matsumoto|Windhoek|Tbilisi|Halifax|Bergamo|Zanzibar|Cusco|Lviv|Uppsala|Cádiz|Hobart|Plovdiv|Sibiu|Nantes',
);
const TRADES = list(
  'beekeeper|set designer|locksmith|glaciologist|baker|puppeteer|surveyor|bookbinder|midwife|tram driver|luthier|pastry cook|archivist|diver|cartoonist|vet',
);

interface Topic {
  /** What is asked first, the reply that answers, and what may follow. `{x}` is a detail; `{b}` replies. */
  readonly lead: readonly string[];
  readonly reply: readonly string[];
  readonly details: readonly string[];
  readonly questions: readonly string[];
  readonly category: string;
}

const topic = (category: string, lead: string, reply: string, details: string, questions: string): Topic => ({
  category,
  lead: list(lead),
  reply: list(reply),
  details: list(details),
  questions: list(questions),
});

const TOPICS: readonly Topic[] = [
  topic(
    'one hop',
    'Did the old washing machine survive the weekend?|So what became of the washing machine?',
    'It flooded the hall, so a {x} is coming instead.|Dead. We ordered a {x}, the loud one from the shop window.',
    'Blomberg|Miele|Candy|Gorenje|Beko',
    'What replaced the washing machine of {b}?|Which brand of washing machine did {b} order?',
  ),
  topic(
    'one hop',
    'What are the kids painting on the garage door?|Is the garage door finished?',
    'Mostly {x}, and one very sad sun.|They settled on {x} after a long argument.',
    'octopuses|hot-air balloons|dinosaurs in hats|a lighthouse|three foxes',
    "What is painted on {b}'s garage door?|Which motif did the children of {b} choose for the garage?",
  ),
  topic(
    'one hop',
    'And the surprise for your anniversary, what is it going to be?|Have you decided about the anniversary?',
    'I booked {x}, do not tell anyone.|It will be {x}. I am hopeless at keeping secrets.',
    'a cooking class|tickets for the ballet|a night on a houseboat|a balloon ride|a wine tasting',
    'What did {b} arrange for the anniversary?|Which surprise is {b} planning for the wedding anniversary?',
  ),
  topic(
    'one hop',
    'Which book did the reading circle pick?|What are you all reading now?',
    'The one about {x}. Four hundred pages, help.|Something on {x}, not my idea.',
    'lighthouse keepers|the spice trade|a failed expedition|codebreakers|a village under a lake',
    "What is the reading circle of {b} reading about?|Which subject has the book of {b}'s reading group?",
  ),
  topic(
    'one hop',
    'How is the knee?|Did they find out about your knee?',
    'They say {x}, and no stairs for a while.|Turns out it is {x}. Could be worse.',
    'a torn ligament|water behind the kneecap|plain wear|an old fracture|inflammation',
    'What is wrong with the knee of {b}?|Which injury was {b} diagnosed with?',
  ),
  topic(
    'one hop',
    'What did you plant in the end?|Is anything growing on the balcony?',
    'Only {x}, everything else froze.|I gave up on herbs and put in {x}.',
    'chard|sweet peas|two dwarf lemons|radishes|a passion flower',
    'What grows on the balcony of {b}?|Which plants did {b} put in?',
  ),
  topic(
    'one hop',
    'Who is going to play at the village fair?|Any luck with the music for the fair?',
    'We got {x} for half the price.|{x} said yes, would you believe it.',
    'a ska trio|the fire brigade band|an accordion duo|a shanty choir|two fiddlers',
    "Who plays at the fair that {b} helps with?|Which musicians did {b}'s committee book?",
  ),
  topic(
    'one hop',
    'How did the pitch to the council end?|So, what did the council say?',
    'They want {x} before they decide anything.|Not a no. First they need {x}.',
    'a noise report|three quotes|a petition|a traffic count|a letter from the school',
    'What does the council demand from {b}?|Which document must {b} hand in after the pitch?',
  ),
  topic(
    'time',
    'You look exhausted, what happened?|Rough night?',
    'We got back from the {x} at four this morning.|I only returned from the {x} yesterday and have not unpacked.',
    'dog show|sailing course|silent retreat|chess open|family reunion|film shoot|language camp',
    'When did {b} return from the {x}?|On which day was {b} back from the {x}?',
  ),
  topic(
    'time',
    'Any news from the workshop?|How are things at the studio?',
    'Last Friday we finally finished the {x}.|The {x} left the building two days ago, I nearly cried.',
    'rocking horse|stained window|carousel figure|harpsichord|ship model|church bell|weathercock',
    'When was the {x} of {b} completed?|In which month did {b} finish the {x}?',
  ),
  topic(
    'inference',
    'Are you coming along on Saturday?|Shall I count you in?',
    'If it floats I am out, my stomach cannot take {x}.|Not with {x} involved, you remember last time.',
    'waves|ferries|rapids|a pedal boat',
    'Would {b} enjoy a cruise?|Is a holiday on a ship a good gift for {b}?',
  ),
  topic(
    'inference',
    'Pizza with everything?|What shall I order for you?',
    'Leave off {x}, you know how we were brought up.|No {x} for me, that is how my parents raised me.',
    'the ham|the bacon|the salami|the prosciutto',
    'Does {b} probably avoid pork for religious reasons?|What should a host know about the diet of {b}?',
  ),
  topic(
    'inference',
    'Did you apply after all?|What about that job abroad?',
    'I keep the form in a drawer. Who would look after {x}?|It stays a dream while I have {x} to care for.',
    'my father|the bees|my gran|the twins',
    'Why does {b} not move to another country?|What keeps {b} from working abroad?',
  ),
];

const CHATTER = list(
  'Honestly, what a week.|I could use another coffee.|Did you hear the thunder?|The bus was packed again.|Ha, typical.|I know exactly what you mean.|No way!|Let us not talk about the weather.|My phone is almost dead.|That made my day.|You always say that.|Let me guess, the printer again?|We should do this more often.|I laughed so hard.|Well, who knows.|It smells of rain.|I am starving.|Remind me later, will you?|Somebody is drilling next door.|That song has been in my head all day.|Sorry, the line dropped.|Where were we?|You sound tired.|Tell me everything.|One second, the door.|I am back.|Good for you!|That is a long story.|Nothing new here.|Same old, same old.|What a mess.|I would have done the same.|Fingers crossed.|It could be worse.|Let me sleep on it.|I forgot my umbrella again.|You are too kind.|Did you see that sunset?|The cat says hello.|I will send you the picture.',
);

const AFTER = list(
  'Poor you!|Oh, I did not expect that.|And how do you feel about it?|That suits you.|Keep me posted.|Brave of you.|I would love to see it.|Classic.|You will manage.|Sounds like you.',
);

/** At least 24 sessions of 210 turns, and questions of four categories with the turns that answer them. */
export function longTalk(random: Random): ConversationSet {
  const told = new Telling(random);
  for (let session = 0; session < SESSIONS; session += 1) told.session(session);
  return { turns: told.turns, questions: told.questions() };
}

interface Friend {
  readonly owner: string;
  readonly relation: string;
  readonly name: string;
  readonly introduced: string;
  lives?: { readonly town: string; readonly turn: string };
  works?: { readonly trade: string; readonly turn: string };
}

class Telling {
  readonly turns: Turns = [];
  private readonly asked = new Map<string, { category: string; evidence: Set<string> }>();
  private readonly friends: Friend[] = [];
  private readonly names: string[];
  private date = new Date(0);
  private speakers: readonly [string, string] = ['', ''];

  constructor(private readonly random: Random) {
    this.names = shuffled(random, NAMES);
  }

  session(number: number): void {
    this.date = new Date(Date.UTC(2024, 1, 4 + number * 11, 17 + (number % 4)));
    const [a = '', b = ''] = shuffled(this.random, PEOPLE);
    this.speakers = [a, b];
    const end = (number + 1) * TURNS_A_SESSION;
    const introduce = (): void => this.introduce();
    const [lives, works] = [(): void => this.lives(), (): void => this.works()];
    const news = [introduce, introduce, lives, works, lives, works];
    for (let index = 0; index < EPISODES_A_SESSION; index += 1) {
      this.chatter(3 + Math.floor(this.random() * 8));
      (news[index] ?? (() => this.episode()))();
    }
    while (this.turns.length < end) this.chatter(1);
  }

  questions(): Question[] {
    for (const friend of this.friends) this.askAbout(friend);
    return [...this.asked].map(([text, { category, evidence }]) => ({ text, category, evidence: [...evidence] }));
  }

  private episode(): void {
    const { lead, reply, details, questions, category } = this.pick(TOPICS);
    const [a, b] = this.inAnyOrder();
    const x = this.pick(details);
    const fill = (text: string): string => text.replaceAll('{x}', x).replaceAll('{b}', b);
    this.say(a, fill(this.pick(lead)));
    if (this.random() < 0.3) this.say(b, this.pick(CHATTER));
    const turn = this.say(b, fill(this.pick(reply)));
    this.say(a, this.pick(AFTER));
    const month = this.date.toLocaleString('en', { month: 'long', year: 'numeric', timeZone: 'UTC' });
    for (const question of questions) {
      this.ask(category, fill(question), turn);
      if (category === 'one hop') this.ask('time', `${month}: ${fill(question)}`, turn);
    }
  }

  private introduce(): void {
    const [a, owner] = this.inAnyOrder();
    const relation = this.pick(RELATIVES);
    const name = this.names.pop();
    if (name === undefined || this.friends.some((one) => one.owner === owner && one.relation === relation)) return;
    this.say(a, this.pick(list('Who was that on the phone?|Who are you waiting for?|Who is in the photo?')));
    const introduced = this.say(
      owner,
      this.pick(list(`That is ${name}, my ${relation}.|Oh, ${name}. My ${relation}, you met once.`)),
    );
    this.friends.push({ owner, relation, name, introduced });
  }

  private lives(): void {
    const friend = this.friends.find(({ lives }) => lives === undefined);
    if (!friend) return;
    const [a, b] = this.inAnyOrder();
    const town = this.pick(TOWNS);
    this.say(a, `Have you heard from ${friend.name}?`);
    const turn = this.say(
      b,
      this.pick(list(`Settled in ${town} now, with a view of the water.|Found a flat in ${town} at last.`)),
    );
    friend.lives = { town, turn };
  }

  private works(): void {
    const friend = [...this.friends].reverse().find(({ works }) => works === undefined);
    if (!friend) return;
    const [a, b] = this.inAnyOrder();
    const trade = this.pick(TRADES);
    this.say(a, `What is ${friend.name} up to these days?`);
    const turn = this.say(
      b,
      this.pick(list(`Training to be a ${trade}, of all things.|Earning a living as a ${trade}, and happy.`)),
    );
    friend.works = { trade, turn };
  }

  private askAbout({ owner, relation, name, introduced, lives, works }: Friend): void {
    this.ask('one hop', `Who is ${owner}'s ${relation}?`, introduced);
    this.ask('one hop', `How is ${owner} connected with ${name}?`, introduced);
    if (lives) {
      this.ask('several hops', `In which town is the home of ${owner}'s ${relation}?`, introduced, lives.turn);
      this.ask('one hop', `Where did ${name} settle?`, lives.turn);
    }
    if (works) {
      this.ask('several hops', `What is the profession of ${owner}'s ${relation}?`, introduced, works.turn);
      this.ask('one hop', `What does ${name} do for a living?`, works.turn);
    }
  }

  private chatter(count: number): void {
    for (let index = 0; index < count; index += 1) this.say(this.speakers[index % 2] ?? '', this.pick(CHATTER));
  }

  private say(name: string, text: string): string {
    const id = `T${this.turns.length + 1}`;
    this.turns.push({ id, text: `${name}: ${text}`, date: this.date.toISOString() });
    return id;
  }

  private ask(category: string, text: string, ...evidence: string[]): void {
    const asked = this.asked.get(text) ?? { category, evidence: new Set<string>() };
    for (const id of evidence) asked.evidence.add(id);
    this.asked.set(text, asked);
  }

  private inAnyOrder(): readonly [string, string] {
    const [a, b] = this.speakers;
    return this.random() < 0.5 ? [a, b] : [b, a];
  }

  private pick<T>(items: readonly T[]): T {
    return pick(this.random, items);
  }
}
