/**
 * English words without a topic. They are not indexed, so they neither cost space nor count towards a document's
 * length. Changing the list changes what is stored: existing postings would have to be rebuilt.
 */
export const STOP_WORDS: ReadonlySet<string> = new Set(
  `a about above after again against all also am an and any are as at be because been before being below between both
  but by can cannot could did do does doing down during each few for from further had has have having he her here hers
  herself him himself his how i if in into is it its itself just me more most my myself no nor not now of off on once
  only or other our ours ourselves out over own same shall she should so some such than that the their theirs them
  themselves then there these they this those through to too under until up upon us very was we were what when where
  which while who whom why will with would you your yours yourself yourselves
  aren't can't couldn't didn't doesn't don't hadn't hasn't haven't he'd he'll how's i'd i'll i'm i've isn't let's
  mustn't she'd she'll shouldn't they'd they'll they're they've wasn't we'd we'll we're we've weren't won't wouldn't
  you'd you'll you're you've`
    .split(/\s+/)
    .filter(Boolean),
);
