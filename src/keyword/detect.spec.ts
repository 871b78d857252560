import { languagesOf } from './detect';
import type { Language } from './languages';

describe('languagesOf', () => {
  it.each<[string, Language]>([
    ['De huizen zijn groot', 'nl'],
    ['Das Haus am See', 'de'],
    ['Wir gehen nach Hause', 'de'],
    ['Ich habe zwei Hunde', 'de'],
    ['I ragazzi mangiano la pizza', 'it'],
    ['Mon frère travaille ici', 'fr'],
    ['Talossa on kissa', 'fi'],
    ['Junat kulkevat myöhässä', 'fi'],
    ['Kitap okuyor ve evde bekliyor', 'tr'],
  ])('tells the language of %j', (text, language) => {
    expect(languagesOf(text, 'auto')('Latin')).toBe(language);
  });

  it.each([
    'São Paulo flights',
    'Jalapeño pepper recipe',
    'Björk sings live',
    'Ångström units',
    'A résumé for the café',
    'Los Angeles flights',
    'Das Boot film review',
    'Ada lives in Turin.',
    'The mayor sold a ticket at the market',
    'Works of G. E. Moore',
    'De Gaulle airport',
  ])('takes %j for English, in spite of its names', (text) => {
    expect(languagesOf(text, 'auto')('Latin')).toBe('en');
  });

  it('needs more evidence for a language without a stemmer', () => {
    expect(languagesOf('две книги', 'auto')('Cyrillic')).toBe('ru');
    expect(languagesOf('Nowe domy przy rzece, które nie są drogie', 'auto')('Latin')).toBe('pl');
  });
});
