import { statementsOf } from './statements';

const claims = (text: string, name?: string): string[] =>
  statementsOf(text, { name, aliases: ['the user', 'user'] }).map(
    ({ claim }) => `${claim.subject} | ${claim.attribute} | ${claim.value}`,
  );

describe('statementsOf', () => {
  it.each([
    ['I live in Berlin.', 'user | residence | berlin'],
    ["By the way, I've just moved from Rome to New York City!", 'user | residence | new york city'],
    ['I moved to Lisbon last year.', 'user | residence | lisbon'],
    ['My sister lives in Oslo now.', 'user sister | residence | oslo'],
    ['Anna Smith moved to Paris.', 'anna smith | residence | paris'],
    ['I work at Acme.', 'user | employer | acme'],
    ["I'm now working for Globex", 'user | employer | globex'],
    ['I no longer work at Acme.', 'user | employer | !acme'],
    ["I don't work at Acme anymore.", 'user | employer | !acme'],
    ['I work as a nurse.', 'user | occupation | nurse'],
    ["I'm vegan.", 'user | diet | vegan'],
    ['I became vegetarian.', 'user | diet | vegetarian'],
    ['I am 34 years old.', 'user | age | 34'],
    ['My favorite color is blue.', 'user | favourite colour | blue'],
    ['Blue is my favourite colour.', 'user | favourite colour | blue'],
    ["Anna's favourite food is now ramen.", 'anna | favourite food | ramen'],
    ['My email address is ann@example.com.', 'user | email | ann@example.com'],
    ['I changed my phone number to 555-0101.', 'user | phone | 555-0101'],
    ['I like hiking.', 'user | taste hiking | likes'],
    ["I don't like hiking any more.", 'user | taste hiking | dislikes'],
    ["I can't stand cilantro", 'user | taste cilantro | dislikes'],
    ['I prefer tea over coffee.', 'user | prefers coffee or tea | tea'],
    ['I am allergic to peanuts.', 'user | allergy peanuts | yes'],
    ["I'm no longer allergic to peanuts.", 'user | allergy peanuts | no'],
    ['I have two cats.', 'user | number of cats | 2'],
    ['I adopted a dog named Rex.', 'user | dog name | rex'],
    ['My dog is called Bella.', 'user | dog name | bella'],
    ['The dentist appointment was moved to Friday.', 'dentist appointment | state | friday'],
    ['The dentist appointment is cancelled.', 'dentist appointment | state | cancelled'],
    ['I cancelled my gym membership.', 'gym membership | state | cancelled'],
    ['The wifi password is now sunflower88.', 'the | wifi password | sunflower88'],
    ['I stopped smoking.', 'user | does smoke | no'],
    ['I no longer play tennis.', 'user | does play tennis | no'],
    ['I play tennis.', 'user | does play tennis | yes'],
    ['The user lives in Rome.', 'user | residence | rome'],
  ])('reads %j', (text, expected) => {
    expect(claims(text)).toEqual([expected]);
  });

  it.each([
    'Do you live in Berlin?',
    'If I lived in Berlin, I would be happy.',
    'I used to live in Paris.',
    'I lived in Paris.',
    'Maybe my favourite colour is blue.',
    'I want to move to Rome.',
    'She lives in Rome.',
    'I love it here.',
    'Thanks, that is great!',
    'The weather is nice.',
    '',
    '?!',
  ])('asserts nothing of %j', (text) => {
    expect(claims(text)).toEqual([]);
  });

  it('reads each statement of a text', () => {
    expect(claims('Hi! I moved to Rome and my favourite food is pizza. Is that good?')).toEqual([
      'user | residence | rome',
      'user | favourite food | pizza',
    ]);
  });

  it('takes "I" for whoever speaks', () => {
    expect(claims('I live in Berlin.', 'Caroline')).toEqual(['caroline | residence | berlin']);
  });

  it('answers within bounded time on hostile texts', () => {
    const startedAt = performance.now();
    for (const text of [
      'I '.repeat(16_000),
      `My ${'a '.repeat(16_000)}`,
      `The ${'meeting '.repeat(4_000)}is`,
      "I'm ".repeat(8_000),
    ]) {
      statementsOf(text);
    }
    expect(performance.now() - startedAt).toBeLessThan(2_000);
  });
});
