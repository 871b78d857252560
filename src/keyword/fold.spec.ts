import { fold, readable } from './fold';

describe('fold', () => {
  it.each([
    ['café', 'cafe'],
    ['CAFÉ', 'cafe'],
    ['Straße', 'strasse'],
    ['STRASSE', 'strasse'],
    ['ﬁne', 'fine'],
    ['Łódź', 'lodz'],
    ['Đà', 'da'],
    ['Ångström', 'angstrom'],
    ['œuvre', 'oeuvre'],
    ['İstanbul', 'istanbul'],
    ['ışık', 'isik'],
    ['ΣΊΣΥΦΟΣ', 'σισυφοσ'],
    ['σίσυφος', 'σισυφοσ'],
    ['ёлка', 'елка'],
    ['مَدْرَسَةٌ', 'مدرسه'],
    ['مدرسة', 'مدرسه'],
    ['مـدرسـة', 'مدرسه'],
    ['أحمد', 'احمد'],
    ['آسيا', 'اسيا'],
    ['مسؤول', 'مسوول'],
    ['مستشفى', 'مستشفي'],
    ['שָׁלוֹם', 'שלום'],
    ['so\u00ADft', 'soft'],
    ['zero\u200Bwidth\uFEFF', 'zerowidth'],
    ['می\u200Cخواهم', 'ميخواهم'],
    ['۱۲۳', '123'],
    ['४५', '45'],
  ])('makes %j %j', (word, folded) => {
    expect(fold(readable(word))).toBe(folded);
  });

  it.each(['йод', 'їжак', 'हिन्दी', 'พจนานุกรม', '한국어', 'カタガナ', 'தமிழ்'])('leaves the letters of %j', (word) => {
    expect(fold(readable(word))).toBe(word);
  });
});
