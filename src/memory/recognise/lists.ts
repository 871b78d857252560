/** Verbs with a separate claim for each object: one item of a list can end on its own. */
const LISTING =
  /^(?<head>.{1,80}?\s(?:(?:really |also |still |now )*(?:like|likes|love|loves|enjoy|enjoys|hate|hates|dislike|dislikes|speak|speaks|play|plays|own|owns|collect|collects|eat|eats|drink|drinks|teach|teaches)|(?:do not|don't|does not|doesn't|no longer) (?:like|love|enjoy|speak|play|own|eat|drink)|(?:am|is|are) (?:no longer |not )?allergic to)|[^,]{1,40}'m (?:no longer |not )?allergic to)\s+(?<items>[^,]{1,80}(?:,\s*[^,]{1,80}){0,12})$/u;
const DIVIDER = /,? (?:and|or|as well as) |, ?/u;
const MAX_ITEMS = 16;

/** "I speak French and Spanish" as two clauses; one that is no list as it is. */
export function itemsOf(clause: string): string[] {
  if (clause.length > 300) return [clause];
  const groups = LISTING.exec(clause)?.groups;
  const items = (groups?.items ?? '')
    .split(DIVIDER)
    .map((item) => item.trim())
    .filter((item) => item !== '');
  const isList = items.length > 1 && items.length <= MAX_ITEMS && items.every((item) => item.split(' ').length <= 4);
  return isList ? items.map((item) => `${groups?.head ?? ''} ${item}`) : [clause];
}
