import { joinPages } from './divided-words';

describe('words divided at the end of a line', () => {
  it.each([
    ['infor-\nmation', 'information'],
    ['infor\u00ad\nmation and co\u00adop', 'information and coop'],
    ['\u00fcber\u2010 \n  pr\u00fcfen', '\u00fcberpr\u00fcfen'],
    ['Baden-\nBaden', 'Baden-Baden'],
    ['a well-known fact, well-\nknown to all', 'a well-known fact, well-known to all'],
    ['Vor-\nund Nachteile', 'Vor- und Nachteile'],
    ['Ein-\noder Ausgang', 'Ein- oder Ausgang'],
    ['long-\nand short-term', 'long- and short-term'],
    ['long-\n  or short-term', 'long- or short-term'],
    ['a vend-\nor of tools', 'a vendor of tools'],
    ['a Hinter-\nunderung', 'a Hinterunderung'],
    ['INTER-\nNATIONAL', 'INTERNATIONAL'],
    ['CD-\nROM', 'CD-ROM'],
    ['BADEN-\nBADEN and Baden-Baden', 'BADEN-BADEN and Baden-Baden'],
    ['pages 10-\n12', 'pages 10-\n12'],
    ['one -\ntwo', 'one -\ntwo'],
    ['end\nof line', 'end\nof line'],
  ])('joins %j', (page, joined) => expect(joinPages([page])).toEqual([joined]));

  it('joins a word that goes on on the next page', () => {
    expect(joinPages(['the infor-', 'mation ends. Next'])).toEqual(['the information', ' ends. Next']);
    expect(joinPages(['Chapter 1-', 'Two'])).toEqual(['Chapter 1-', 'Two']);
  });
});
