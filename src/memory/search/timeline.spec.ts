import { timelineOf, type Told } from './timeline';

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
    similarity: undefined,
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
