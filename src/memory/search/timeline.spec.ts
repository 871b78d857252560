import { timelineOf, type Told } from './timeline';

const told = (...contents: string[]): Told[] =>
  contents.map((content, day) => ({
    id: `m${day}`,
    content,
    isMessage: false,
    state: 'valid',
    speaker: null,
    subject: null,
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

  it('leaves questions about what happened and what was before alone, unless a moment is named', () => {
    const hits = ['The car of Marta was a Fiat.', 'The car of Marta is a Volvo.'];
    expect(first('What car did Marta have before?', false, ...hits)).toBeUndefined();
    expect(first('What car did Marta have?', true, ...hits)).toBe(hits[1]);
    const messages = told(...hits).map((hit) => ({ ...hit, isMessage: true }));
    expect(timelineOf('What car did Marta have?', messages, false)).toBeUndefined();
    expect(timelineOf('What car did Marta have?', messages, true)?.order).toEqual(['m1', 'm0']);
  });
});
