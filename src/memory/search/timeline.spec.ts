import { comparedFor, timelineOf } from './timeline';
import type { Told } from './timeline-subject';
import type { Meanings } from './timeline-things';

const told = (...contents: string[]): Told[] =>
  contents.map((content, day) => ({
    id: `m${day}`,
    content,
    isMessage: false,
    state: 'valid',
    speaker: null,
    subject: null,
    chain: null,
    validFrom: new Date(Date.UTC(2025, 0, 1 + day)),
    order: day,
  }));

/** The hits stand in the order in which they were said: the oldest first. */
const first = (question: string, isAsOf: boolean, ...contents: string[]): string | undefined =>
  timelineOf(question, told(...contents), isAsOf)?.order.map((id) => contents[Number(id.slice(1))])[0];

describe('timelineOf', () => {
  it.each([
    ['What car does Marta have?', 'The car of Marta is a Fiat.', 'Marta changed her car for a Volvo.'],
    ['What car do I have?', 'My car is a Fiat.', 'I no longer have a car.'],
    [
      'Is Marta still going to Iceland?',
      'Marta is going to Iceland in May.',
      'The trip of Marta to Iceland fell through.',
    ],
    ['Where is the standup?', 'The standup is in room 4.', 'The standup is in room 9 now.'],
  ])('%j: the newest statement comes first', (question, older, newer) => {
    expect(first(question, false, older, newer)).toBe(newer);
  });

  it('leaves other people and other things where they are', () => {
    const question = 'What car does Marta have?';
    const hits = [
      'The car of Marta is a Fiat.',
      'Marta has a car: a Volvo.',
      'Jonas has a car: a Tesla.',
      'Marta sings.',
    ];
    expect(timelineOf(question, told(...hits), false)).toEqual({
      members: [
        { id: 'm1', status: 'holds' },
        { id: 'm0', status: 'earlier' },
      ],
      order: ['m1', 'm0', 'm2', 'm3'],
    });
  });

  it('is about the user where the question is, whatever else it names', () => {
    const hits = [
      'I will perform at the Blue Hall.',
      'I scrapped the concert at the Blue Hall.',
      'Yuki plays at the Blue Hall.',
    ];
    expect(first('Is my concert at the Blue Hall on?', false, ...hits)).toBe(hits[1]);
  });

  it('keeps the statements of relatives apart', () => {
    const hits = ['My car is a Fiat.', 'My sister sold her car and bought a Volvo car.'];
    expect(first('Which car do I have?', false, ...hits)).toBe(hits[0]);
  });

  it('does not take a wish or a memory for what holds', () => {
    const hits = ['The car of Marta is a Fiat.', 'Marta would like to have a Volvo as a car.'];
    expect(first('What car does Marta have?', false, ...hits)).toBe(hits[0]);
  });

  it('does not let the end of one value hide another', () => {
    const hits = [
      'The car of Marta is a Saab.',
      'The car of Marta is a Fiat.',
      'Marta no longer has the Saab as a car.',
    ];
    expect(first('What car does Marta have?', false, ...hits)).toBe(hits[1]);
  });

  it('keeps facts of two attributes apart: they hold together', () => {
    const [nuts, milk] = told('I am allergic to nuts.', 'I am allergic to milk.');
    const hits = [
      { ...nuts, chain: 'nuts' },
      { ...milk, chain: 'milk' },
    ] as Told[];
    expect(timelineOf('What am I allergic to?', hits, false)?.members).toEqual([{ id: 'm1', status: 'holds' }]);
    const same = hits.map((hit) => ({ ...hit, chain: 'one' }));
    expect(timelineOf('What am I allergic to?', same, false)?.members).toHaveLength(2);
  });

  it('leaves what is yet to begin where it is', () => {
    const [fiat, volvo] = told('The car of Marta is a Fiat.', 'The car of Marta is a Volvo.');
    const hits = [{ ...volvo, state: 'future' }, fiat] as Told[];
    expect(timelineOf('What car does Marta have?', hits, false)).toEqual({
      members: [{ id: 'm0', status: 'holds' }],
      order: ['m0', 'm1'],
    });
  });

  it('compares no more than the beginning of a content and of a question', () => {
    const long = `${'tram '.repeat(200)}Marta has a car: a Volvo.`;
    const hits = told('The car of Marta is a Fiat.', long);
    expect(timelineOf('What car does Marta have?', hits, false)?.members).toEqual([{ id: 'm0', status: 'holds' }]);
    const question = `${Array.from({ length: 64 }, (_, n) => `word${n}`).join(' ')} What car does Marta have?`;
    expect(timelineOf(question, hits, false)).toBeUndefined();
  });

  it('leaves questions about what happened and what was before alone, unless a moment is named', () => {
    const hits = ['The car of Marta was a Fiat.', 'The car of Marta is a Volvo.'];
    expect(first('What car did Marta have before?', false, ...hits)).toBeUndefined();
    expect(first('What car did Marta have?', true, ...hits)).toBe(hits[1]);
    const messages = told(...hits).map((hit) => ({ ...hit, isMessage: true }));
    expect(timelineOf('What car did Marta have?', messages, false)).toBeUndefined();
    expect(timelineOf('What car did Marta have?', messages, true)?.order).toEqual(['m1', 'm0']);
  });
});

/** Unit vectors in the plane, by their angles in degrees: what lies within some degrees means the same. */
const meant = (question: number, ...angles: (number | undefined)[]): Meanings => {
  const at = (angle: number): number[] => [Math.cos((angle * Math.PI) / 180), Math.sin((angle * Math.PI) / 180)];
  const known = angles.flatMap((angle, day): [string, number][] => (angle === undefined ? [] : [[`m${day}`, angle]]));
  return {
    near: new Map(known.map(([id, angle]) => [id, Math.cos(((angle - question) * Math.PI) / 180)])),
    vectors: new Map(known.map(([id, angle]) => [id, at(angle)])),
  };
};

/** Vectors that have nothing in common but so much of the question. */
const apart = (...shares: number[]): Meanings => ({
  near: new Map(shares.map((share, day) => [`m${day}`, share])),
  vectors: new Map(
    shares.map((share, day) => [
      `m${day}`,
      [share, ...shares.map((_, axis) => (axis === day ? Math.sqrt(1 - share ** 2) : 0))],
    ]),
  ),
});

describe('timelines by meaning', () => {
  const OTHERS = ['Marta sings.', 'Marta bakes.', 'Marta paints.', 'Marta swims.', 'Marta knits.'];
  const APART = [90, 100, 110, 120, 130];
  const firstOf = (question: string, contents: readonly string[], meanings: Meanings): string | undefined =>
    timelineOf(question, told(...contents), false, meanings)?.order.map((id) => contents[Number(id.slice(1))])[0];

  it('finds the newest where no statement has a word of the question', () => {
    const contents = ['Marta gets around in a Fiat.', 'Marta picked up a Volvo from the dealer.', ...OTHERS];
    expect(firstOf('Which vehicle does Marta drive?', contents, meant(0, 5, 20, ...APART))).toBe(contents[1]);
  });

  it('links by a rare word what the question is far from', () => {
    const contents = ['Marta gets around in a Fiat.', 'Marta sold the Fiat.', ...OTHERS];
    expect(firstOf('Which vehicle does Marta drive?', contents, meant(0, 5, 70, ...APART))).toBe(contents[1]);
  });

  it('takes an ending for that of the statement whose rare word it repeats, however it is put', () => {
    const contents = [
      'Summers find Marta at a cottage in Tuscany.',
      'Marta no longer owns anything in Tuscany.',
      ...OTHERS,
    ];
    const question = 'Where does Marta have a cottage?';
    expect(firstOf(question, contents, meant(0, 5, 120, ...APART))).toBe(contents[1]);
    const other = contents.map((content, index) => (index === 1 ? 'Marta no longer owns anything in Crete.' : content));
    expect(firstOf(question, other, meant(0, 5, 120, ...APART))).toBe(contents[0]);
  });

  it.each(['Correction: Marta', 'To set the record straight, Marta', 'Sorry, I got that wrong: Marta'])(
    'takes "%s …" for what puts right the most similar of the latest statements before it',
    (opening) => {
      const question = 'Which vehicle does Marta drive?';
      const contents = [...OTHERS, 'Marta gets around in a Fiat.', `${opening} commutes in a Volvo.`];
      expect(firstOf(question, contents, apart(0, 0, 0, 0, 0, 0.95, 0.4))).toBe(contents[6]);
      // What was said long before is not meant where something as like it was said since.
      const before = ['Marta gets around in a Fiat.', ...OTHERS, `${opening} commutes in a Volvo.`];
      expect(firstOf(question, before, apart(0.95, 0, 0, 0, 0, 0, 0.25))).toBe(before[0]);
    },
  );

  it('takes the typical similarity for none', () => {
    const contents = ['Marta gets around in a Fiat.', ...OTHERS, 'Marta lives in Rome.'];
    expect(firstOf('Which vehicle does Marta drive?', contents, meant(0, 5, 60, 61, 62, 63, 64, 60))).toBe(contents[0]);
  });

  it('goes by words for what has no vector yet', () => {
    const contents = ['Marta gets around in a Fiat.', 'The vehicle that Marta drives is a Volvo.', ...OTHERS];
    expect(firstOf('Which vehicle does Marta drive?', contents, meant(0, 5, undefined, ...APART))).toBe(contents[1]);
  });
});

describe('comparedFor', () => {
  const two = (first: string, second: string): Told[] => told(first, second);

  it.each([
    ['What car does Marta Lind have?', 'What car does someone have?'],
    ["What is marta lind's car?", "What is someone's car?"],
    ['Which car drives Marta ?', 'Which car drives someone?'],
    ['Is Marta, of Berlin, at home?', 'Is someone, of Berlin, at home?'],
  ])('%j is compared as %j', (question, asked) => {
    const hits = two('Marta Lind has a car.', 'Marta Lind sold her car.');
    expect(comparedFor(question, hits, false)).toEqual({ question: asked, ids: ['m0', 'm1'] });
  });

  it('leaves a question about the user as it is', () => {
    const question = 'What car do I have?';
    expect(comparedFor(question, two('My car is red.', 'Marta has a car.'), false)).toBeUndefined();
    expect(comparedFor(question, two('My car is red.', 'I sold my car.'), false)?.question).toBe(question);
  });

  it('compares nothing where there will be no timeline', () => {
    const turns = told('Marta has a car.', 'Marta sold it.').map((hit) => ({
      ...hit,
      isMessage: true,
      speaker: 'Ann',
    }));
    expect(comparedFor('What car does Marta have?', turns, false)).toBeUndefined();
    const hits = two('Marta had a Fiat.', 'Marta has a Volvo.');
    expect(comparedFor('What car did Marta have before?', hits, false)).toBeUndefined();
    expect(comparedFor('What car did Marta have before?', hits, true)).toBeDefined();
  });
});
