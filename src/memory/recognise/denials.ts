import { stemmed } from './fingerprint';
import { plainWords } from './topic';

const NOT = String.raw`(?:\b(?:not|never|cannot)\b|n't\b)`;
const BETWEEN = String.raw`(?:\s+(?:been|be|being|yet|really|quite|just|even|ever|actually|have|get|got|want|going|need|plan|planning|mean|intend|likely|able|about|to)){0,5}`;
const OVER = `cancell?ed|called off|scrapped|abandoned|discontinued|terminated|postponed|rescheduled|delayed`;
/** "Not cancelled", "never stopped", "has not been moved": what they deny is an end. */
const REVERSED = new RegExp(
  `${NOT}${BETWEEN}\\s+(?:${OVER}|cancel|call(?:ed|ing)? .{0,60}off|scrap|dropped|abandon|stop(?:ped|ping)?|quit|ceased?|g[ia]ven? up|s[eo]ld|sell(?:ing)?|g[eo]t rid|unsubscribed?|(?:back|pull)(?:ed)? out|withdr[ae]wn?|deleted?|over|off|done|closed|moved?|changed|pushed|brought forward|switched|relocated|transferred|shifted|updated|renamed|fallen through)\\b|\\bno longer (?:been |being )?(?:${OVER})\\b`,
  'iu',
);
const UNSURE =
  /\b(?:if|unless|whether|would|might|maybe|perhaps|wish(?:es)?|hop(?:e|es|ing)|could|(?<!you )should|almost|nearly|wonder(?:s|ing)?|imagine|pretend|probably|possibly|supposedly|doubt|afraid|worried|considering|(?:thinking|thought|think) (?:of|about)|want(?:s|ed)? to(?! (?:say|tell|let))|not (?:sure|certain)|may (?:be|have|get))\b/iu;

/** Whether a clause says that something has not ended, or does not know. */
export const isOpen = (clause: string): boolean => REVERSED.test(clause) || UNSURE.test(clause);

/** "I don't have a car": what was said just so, and is denied. */
const DENIES = /\b(?:do|does|am|is|are|have|has)(?:\s+not\b|n't\b)|(?:'m|'re|'s)\s+not\b/iu;

export const isDenial = (clause: string): boolean => DENIES.test(clause);

const WITHOUT_MEANING = new Set(
  'a an the any at all now currently presently actually really anymore do does not so'.split(' '),
);
const CONTRACTED: Readonly<Record<string, string>> = { "'m": ' am', "'re": ' are', "'s": ' is', "'ve": ' have' };
const VERBS: Readonly<Record<string, string>> = { has: 'have', am: 'be', is: 'be', are: 'be', goes: 'go' };

/** Its words in one form each, without those that add nothing; in order. */
const wordsOf = (text: string): string[] =>
  plainWords(
    text
      .replace(/n't\b/giu, ' not')
      .replace(/'(?:m|re|s|ve)\b/giu, (short) => CONTRACTED[short.toLowerCase()] ?? short),
  )
    .filter((word) => !WITHOUT_MEANING.has(word))
    .map((word) => VERBS[word] ?? stemmed(word));

/** How much of a statement its denial repeats. */
const REPEATED = 0.6;

/** A plain denial says what it denies in the same words: another word in it may be why it does not hold just now. */
export function isDeniedBy(statement: string, denial: string): boolean {
  const said = wordsOf(statement);
  const denied = wordsOf(denial);
  if (said.length < 2 || said[0] !== denied[0]) return false;
  const all = new Set(said);
  const shared = new Set(denied);
  return denied.every((word) => all.has(word)) && shared.size / all.size >= REPEATED;
}
