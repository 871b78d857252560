/** Sentences and clauses beyond this many are not looked at: nobody states so many facts at once. */
const MAX_CLAUSES = 200;

const SENTENCE_END = /(?<=[.!?…])["')\]]*\s+|[\n\r]+|(?<=[。！？])/u;
/** A conjunction before a subject and its verb begins a separate statement. */
const CLAUSE =
  /(?:[,;]\s*|(?<!\s)\s+)(?:and|but|so|while|yet)\s+(?=(?:I|my|we|our|the user|\p{Lu}[\p{L}'-]+(?:'s)?)\s)|;\s+/u;

export interface Clause {
  readonly text: string;
  /** Ends in a question mark: it asserts nothing. */
  readonly isQuestion: boolean;
}

/** The sentences of a text, in order. */
export const sentencesOf = (text: string): string[] =>
  text
    .split(SENTENCE_END)
    .map((sentence) => sentence.trim())
    .filter((sentence) => sentence !== '')
    .slice(0, MAX_CLAUSES);

/** Its statements: sentences, cut where a new subject begins. */
export const clausesOf = (text: string): Clause[] =>
  sentencesOf(text)
    .flatMap((sentence) => {
      const isQuestion = /[?？]["')\]]*$/u.test(sentence);
      return sentence.split(CLAUSE).map((clause) => ({ text: clause.trim(), isQuestion }));
    })
    .filter(({ text: clause }) => clause !== '')
    .slice(0, MAX_CLAUSES);

const SMALL_TALK =
  /^(?:(?:hi|hey|hello|hiya|yo|ok(?:ay)?|k|thanks?(?: you)?(?: so much| a lot)?|thx|ty|cheers|bye|goodbye|see you(?: later| soon| tomorrow)?|see ya|good (?:morning|afternoon|evening|night)|yes|yeah|yep|yup|no|nope|sure|cool|nice|great|awesome|perfect|wow|lol|haha+|hm+|oh|ah|right|exactly|indeed|of course|no problem|you'?re welcome|welcome|got it|i see|sounds good|how are you(?: doing)?(?: today)?|how'?s it going|what'?s up|i'?m (?:fine|good|great)|all good|take care|have a (?:nice|good|great) (?:day|one|evening|weekend)|nice to meet you|same here|me too|absolutely|definitely|maybe|please|there|again|everyone|all|my friend|buddy|mate)[\s,.!?…;:)(-]*)+$/iu;

/** Greetings, thanks and acknowledgements: kept in a session's record, never a memory. */
export const isSmallTalk = (text: string): boolean => {
  const plain = text
    .normalize('NFKC')
    .replaceAll('’', "'")
    .replace(/\p{Extended_Pictographic}|\u200d|\ufe0f/gu, '')
    .trim();
  return plain.length <= 160 && (plain === '' || /^[\p{P}\s]*$/u.test(plain) || SMALL_TALK.test(plain));
};
