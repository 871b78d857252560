/** How a sentence says what it says. */
export type Modality = 'holds' | 'ends' | 'intended' | 'past' | 'open';

const ENDS =
  /\b(?:no longer|(?:any ?more|any longer)\b|not .{0,60}\bafter all|after all\b.{0,60}\bnot|(?:is|are|was|were|been|am|'s|got) (?:now )?(?:cancell?ed|called off|scrapped|off|over|closed down|discontinued|terminated)|cancell?(?:ed|s|ing)|call(?:ed|s|ing) .{0,60}\boff|fell through|falls through|came to nothing|nothing came of|came to an end|never happened|collapsed|abandon(?:ed|s)|gave up|give up|given up|gives up|(?:has|have|had)? ?(?:stopped|quit|ceased|finished)|got rid of|pulled out|backed out|decided (?:against|not to)|will not|won't|not going to|there (?:is|will be) no)\b/iu;
const PAST =
  /^(?:until|till|up to|back in)\b|\b(?:(?:was|were|had|lived|worked|drove)\b.{1,120}\b(?:until|till|before)|used to|formerly|previously|in the past|back then|once (?:was|were|had|lived|worked)|until recently|ex-\p{L}+)\b/iu;
const INTENDED =
  /\b(?:will|(?:is|are|am|'m|'s|'re) (?:not )?going to|gonna|plan(?:s|ned|ning)? (?:to|on)|intend(?:s|ed)? to|(?:is|are|am|'m|'s) (?:about|due|set) to|hop(?:es?|ing) to|want(?:s|ed)? to|would (?:like|love) to|thinking (?:of|about)|considering|might|maybe|perhaps|wish(?:es)?|if (?:i|we|he|she|they))\b/iu;
const NOW_INSTEAD =
  /\b(?:instead|rather than|switched|swapped|replaced|took up|and (?:now|is|are|am|took|chose|bought|began|started))\b/iu;

/** A statement that ends one thing and begins another holds. */
export function modalityOf(sentence: string): Modality {
  const plain = sentence.replaceAll('’', "'").slice(0, 1_000);
  if (/[?？]["')\]]*\s*$/u.test(plain)) return 'open';
  if (ENDS.test(plain) && !NOW_INSTEAD.test(plain)) return 'ends';
  if (PAST.test(plain) && !/\bnow\b/iu.test(plain)) return 'past';
  return INTENDED.test(plain) ? 'intended' : 'holds';
}

/** Whether a question asks for something earlier than what holds. */
export const asksForEarlier = (question: string): boolean =>
  /\b(?:used to|originally|formerly|previous(?:ly)?|before|first|ago|earlier|last (?:week|month|year|time|summer|winter|spring|autumn|fall|night))\b/iu.test(
    question,
  );

/** Whether a question is put in the past tense: it may ask for what happened. */
export const asksForPast = (question: string): boolean => /\b(?:was|were|did|had)\b/iu.test(question);

/** Whether a question asks for what is to come. */
export const asksForIntent = (question: string): boolean =>
  /^\s*(?:is|are|am|will|does|do)\b|\b(?:will|going to|plan(?:s|ned|ning)?|intend(?:s|ed)?|upcoming|next|future|soon|want(?:s|ed)?|wish(?:es)?|hop(?:e|es|ing))\b/iu.test(
    question,
  );
