import { answers, questionOf } from './questions';

const best = (query: string): string => {
  const askable = [
    ['user', 'residence'],
    ['user sister', 'residence'],
    ['user', 'employer'],
    ['user', 'occupation'],
    ['user', 'favourite colour'],
    ['user', 'favourite food'],
    ['user', 'dog name'],
    ['anna', 'residence'],
    ['the', 'wifi password'],
    ['dentist appointment', 'state'],
  ].map(([subject = '', attribute = '']) => ({ subject, attribute }));
  const question = questionOf(query);
  const scored = askable.map((one) => ({ one, score: answers(question, one) })).filter(({ score }) => score > 0);
  const [first] = scored.sort((a, b) => b.score - a.score);
  return first ? `${first.one.subject} ${first.one.attribute}` : '';
};

describe('answers', () => {
  it.each([
    ['Where do I live?', 'user residence'],
    ['Where does my sister live?', 'user sister residence'],
    ['Which city is Anna living in?', 'anna residence'],
    ['Who is my employer?', 'user employer'],
    ['Where do I work?', 'user employer'],
    ['What is my job title?', 'user occupation'],
    ['Which color do I like best?', 'user favourite colour'],
    ['How is my dog called?', 'user dog name'],
    ['what is the wifi password', 'the wifi password'],
    ['When is the dentist appointment?', 'dentist appointment state'],
    ['What did we talk about yesterday?', ''],
    ['Where is the station?', ''],
  ])('%j asks for %j', (query, expected) => {
    expect(best(query)).toBe(expected);
  });
});
