import { isSmallTalk } from './sentences';

describe('isSmallTalk', () => {
  it.each(['Hi!', 'ok', 'Thanks a lot!', 'Great, thanks!', 'lol', '👍', '...', 'How are you?', 'Good morning!'])(
    'takes %j for small talk',
    (text) => {
      expect(isSmallTalk(text)).toBe(true);
    },
  );

  it.each(['Hi, I live in Rome', 'ok google', 'Tea', 'Thanks, Rex is a good dog', 'No sugar'])(
    'takes %j for more',
    (text) => {
      expect(isSmallTalk(text)).toBe(false);
    },
  );
});
