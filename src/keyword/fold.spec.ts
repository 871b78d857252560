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

describe('readable', () => {
  it.each([
    ['iPhone™', 'iPhone '],
    ['study¹ and note¹²', 'study 1 and note 12'],
    ['5 m² or 3 cm³', '5 m2 or 3 cm3'],
    ['10² and 10⁻³', '10^2 and 10^\u22123'],
    ['H₂O', 'H2O'],
    ['½', '1/2'],
    ['1½', '1 1/2'],
    ['№5', 'No 5'],
    ['step①', 'step 1 '],
    ['บ้านเลขที่๒๕', 'บ้านเลขที่25'],
    ['၂၅ ຫ້ອງ໑', '25 ຫ້ອງ1'],
  ])('reads %j as %j', (text, read) => {
    expect(readable(text)).toBe(read);
  });
});
