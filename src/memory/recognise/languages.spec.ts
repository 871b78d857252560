import { statementsOf } from './statements';

const claims = (text: string): string[] =>
  statementsOf(text).map(({ claim }) => `${claim.subject} | ${claim.attribute} | ${claim.value}`);

describe('statements of other languages', () => {
  it.each([
    ['Ich wohne jetzt in Hamburg.', 'user | residence | hamburg'],
    ['Ich bin nach Köln gezogen.', 'user | residence | köln'],
    ['Ich wohne nicht mehr in Hamburg.', 'user | residence | !hamburg'],
    ['Anna arbeitet bei Siemens.', 'anna | employer | siemens'],
    ['Meine Lieblingsfarbe ist Blau.', 'user | favourite colour | blau'],
    ['Ich bin Vegetarierin.', 'user | diet | vegetarian'],
    ['Ich bin allergisch gegen Nüsse.', 'user | allergy nüsse | yes'],
    ['Ich mag keinen Kaffee.', 'user | taste kaffee | dislikes'],
    ['Der Zahnarzttermin wurde auf Freitag verschoben.', 'zahnarzttermin | state | freitag'],
    ['Die Besprechung wurde abgesagt.', 'besprechung | state | cancelled'],
    ["J'habite à Lyon.", 'user | residence | lyon'],
    ["Je n'habite plus à Lyon.", 'user | residence | !lyon'],
    ["J'ai déménagé à Nantes.", 'user | residence | nantes'],
    ['Marie travaille chez Renault.', 'marie | employer | renault'],
    ['Ma couleur préférée est le vert.', 'user | favourite colour | vert'],
    ["J'ai 30 ans.", 'user | age | 30'],
    ["Je n'aime plus le café.", 'user | taste café | dislikes'],
    ['La réunion a été reportée à mardi.', 'réunion | state | mardi'],
    ['Le vol a été annulé.', 'vol | state | cancelled'],
    ['Vivo en Madrid.', 'user | residence | madrid'],
    ['Ya no vivo en Madrid.', 'user | residence | !madrid'],
    ['Me mudé a Sevilla.', 'user | residence | sevilla'],
    ['Carmen vive en Bilbao.', 'carmen | residence | bilbao'],
    ['Mi color favorito es el rojo.', 'user | favourite colour | rojo'],
    ['Soy alérgica a las nueces.', 'user | allergy nueces | yes'],
    ['Ya no me gusta el café.', 'user | taste café | dislikes'],
    ['La reunión se ha aplazado al martes.', 'reunión | state | martes'],
    ['El vuelo ha sido cancelado.', 'vuelo | state | cancelled'],
    ['Moro em Lisboa.', 'user | residence | lisboa'],
    ['Não moro mais em Lisboa.', 'user | residence | !lisboa'],
    ['Mudei-me para o Porto.', 'user | residence | porto'],
    ['Trabalho na Galp.', 'user | employer | galp'],
    ['A minha cor favorita é o azul.', 'user | favourite colour | azul'],
    ['Já não gosto de café.', 'user | taste café | dislikes'],
    ['A reunião foi adiada para terça.', 'reunião | state | terça'],
    ['O voo foi cancelado.', 'voo | state | cancelled'],
    ['我住在北京。', 'user | residence | 北京'],
    ['我搬到了上海。', 'user | residence | 上海'],
    ['我不再住在北京了。', 'user | residence | !北京'],
    ['我在腾讯工作。', 'user | employer | 腾讯'],
    ['我最喜欢的颜色是蓝色。', 'user | favourite colour | 蓝色'],
    ['我不再对花生过敏了。', 'user | allergy 花生 | no'],
    ['李雷住在广州。', '李雷 | residence | 广州'],
    ['会议改到星期二。', '会议 | state | 星期二'],
    ['会议取消了。', '会议 | state | cancelled'],
  ])('reads %j', (text, expected) => {
    expect(claims(text)).toEqual([expected]);
  });

  it.each(['Wohnst du in Hamburg?', 'Das Wetter ist schön.', 'Il fait beau.', 'Hace buen tiempo.', '今天天气很好。'])(
    'asserts nothing of %j',
    (text) => {
      expect(claims(text)).toEqual([]);
    },
  );
});
