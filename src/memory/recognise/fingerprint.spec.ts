import { fingerprintOf } from './fingerprint';

describe('fingerprintOf', () => {
  it.each([
    ['I like tea', '  i LIKE\n tea '],
    ['ＡＢＣ are letters', 'abc are letters'],
    ['ﬁne', 'fine'],
    ['Meet at 5PM on the 3RD', 'meet at 5pm on the 3rd'],
    ['"Really?" she said', '"really?" She said'],
    ["Don't tell Jean-Luc", "DON'T tell jean-luc"],
    ['Run `npm  test` now', 'run `npm test` now'],
    ['ÄPFEL', 'Äpfel'],
  ])('takes %j and %j for the same', (a, b) => {
    expect(fingerprintOf(a)).toBe(fingerprintOf(b));
  });

  it.each([
    ['I like tea', 'I like tea.'],
    ['I like tea', 'I really like tea'],
    ['It costs $100', 'It costs €100'],
    ['It is -5 outside', 'It is 5 outside'],
    ['It is −5 outside', 'It is 5 outside'],
    ['a == b', 'a != b'],
    ['a <= b', 'a >= b'],
    ['a && b', 'a || b'],
    ['Set API_KEY', 'Set api_key'],
    ['Call getUser', 'Call getuser'],
    ['Call HTTPServer', 'Call httpserver'],
    ['Open Foo.java', 'open foo.java'],
    ['Run `Make`', 'Run `make`'],
    ['x is 5', 'X is 5'],
    ['Total = 5', 'total = 5'],
    ['pass -f', 'pass -F'],
    ['It sends 10 Mb', 'It sends 10 MB'],
    ['the bus moves 10Mb', 'the bus moves 10MB'],
    ['A → B', 'A ← B'],
    ['A → B', 'A B'],
    ['Great 👍', 'Great 👎'],
    ['Great 👍🏽', 'Great 👍🏿'],
    ['10² metres', '102 metres'],
    ['H₂O', 'H2O'],
    ['50%', '50'],
    ['C', 'C++'],
    ['~10 people', '10 people'],
    ['Room 4/5', 'Room 45'],
  ])('tells %j from %j', (a, b) => {
    expect(fingerprintOf(a)).not.toBe(fingerprintOf(b));
  });
});
