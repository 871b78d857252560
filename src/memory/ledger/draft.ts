import { invalidAt } from '../../common/errors';
import { parseInstant } from '../../common/filter';
import { newId } from '../../common/ids';
import type { MemoryInput, MessageInput } from '../dto/memory.schemas';
import { chainOf, isToolRole, ownerOf, type Claim, type MemoryKind, type MemoryScope } from '../memory';
import { fingerprintOf, folded } from '../recognise/fingerprint';
import { endingsOf, type Ending } from '../recognise/endings';
import { statementsOf, type Statement } from '../recognise/statements';
import type { SaidAt } from '../recognise/times';

/** A memory about to be written: everything that can be known without looking at the others. */
export interface Draft {
  readonly id: string;
  /** The caller chose the id. */
  readonly isNamed: boolean;
  readonly kind: MemoryKind;
  /** The caller chose the kind; otherwise it follows from the wording. */
  readonly isKindGiven: boolean;
  readonly content: string;
  readonly scope: MemoryScope;
  readonly owner: string;
  readonly role: string | null;
  readonly speaker: string | null;
  readonly source: string | null;
  readonly derivedFrom: readonly string[];
  readonly confidence: number;
  readonly importance: number;
  readonly metadata: Record<string, unknown>;
  /** `undefined`: from when it is recorded. */
  readonly validFrom: Date | undefined;
  /** `validFrom` was read out of the words ("yesterday"), and is another one when they are sent again. */
  readonly isTimeRead: boolean;
  /** When it was said to hold, where its words place its beginning earlier. */
  readonly holdsAt: Date | null;
  readonly endsAt: Date | null;
  readonly expiresAt: Date | null;
  readonly claim: Claim | null;
  /** The caller stated the claim; otherwise it was read out of the content. */
  readonly isClaimed: boolean;
  readonly chain: string | null;
  /** It ends this value of its attribute, and says nothing where that is not the present one. */
  readonly ends: string | null;
  readonly supersedes: readonly string[];
  /** What its sentences end, change or correct. */
  readonly endings: readonly Ending[];
  readonly fingerprint: string;
  /** Of a message: who said what, whatever was said before it. */
  readonly near: string | null;
  /** Small talk is kept where it was said, and never found. */
  readonly isSilent: boolean;
  /** An LLM is to look at it later. */
  readonly isToExtract: boolean;
}

export const dateOf = (text: string): Date => new Date(Number((parseInstant(text) ?? 0n) / 1000n));

const optionalDate = (text: string | null | undefined): Date | null =>
  text === null || text === undefined ? null : dateOf(text);

/** Throws `invalid` at `path` for what the schema can't see. */
export function draftOf(input: MemoryInput, scope: MemoryScope, path: string, now: Date): Draft {
  const validFrom = input.valid_from === undefined ? undefined : dateOf(input.valid_from);
  const endsAt = optionalDate(input.valid_to);
  const expiresAt = optionalDate(input.expires_at);
  if (endsAt && endsAt < (validFrom ?? now)) {
    throw invalidAt(`${path}/valid_to`, validFrom ? 'is before valid_from' : 'is in the past: send valid_from, too');
  }
  if (expiresAt && expiresAt <= now) throw invalidAt(`${path}/expires_at`, 'is not in the future');
  const said = claimOf(input, scope, path, { at: validFrom ?? now, timezone: input.timezone });
  const isResolved = validFrom === undefined && said?.from !== undefined;
  if (input.supersedes?.includes(input.id ?? ''))
    throw invalidAt(`${path}/supersedes`, 'A memory does not supersede itself.');
  return {
    ...common(input.content, scope, said),
    id: input.id ?? newId(),
    isNamed: input.id !== undefined,
    kind: input.kind ?? said?.kind ?? 'fact',
    isKindGiven: input.kind !== undefined,
    role: null,
    speaker: null,
    source: input.source ?? null,
    derivedFrom: [],
    confidence: input.confidence ?? 1,
    importance: input.importance ?? 0.5,
    metadata: input.metadata ?? {},
    validFrom: validFrom ?? said?.from,
    isTimeRead: isResolved,
    holdsAt: isResolved && said.isStill ? now : null,
    endsAt,
    expiresAt,
    supersedes: input.supersedes ?? [],
    endings: isRead(input) ? endingsOf(input.content) : [],
    isSilent: false,
    isToExtract: false,
  };
}

/** A claim, or a list of what ends, that the caller states overrides what can be read. */
const isRead = ({ kind, attribute, supersedes }: MemoryInput): boolean =>
  kind !== 'message' && kind !== 'instruction' && attribute === undefined && supersedes === undefined;

interface Said {
  readonly claim: Claim;
  readonly kind?: MemoryKind;
  readonly ends?: string | undefined;
  readonly from?: Date | undefined;
  readonly isStill?: boolean | undefined;
  readonly isGiven?: boolean;
}

/** Given by the caller, or read out of a content that states one thing. */
function claimOf(input: MemoryInput, scope: MemoryScope, path: string, at: SaidAt): Said | undefined {
  const { subject, attribute, value } = input;
  if (attribute !== undefined && value !== undefined) {
    const claim = { subject: folded(subject ?? 'user'), attribute: folded(attribute), value: folded(value) };
    return { claim, isGiven: true };
  }
  if (attribute !== undefined || value !== undefined || subject !== undefined) {
    throw invalidAt(`${path}/attribute`, 'A claim needs attribute and value (and a subject, unless it is the user).');
  }
  if (input.kind === 'message' || input.kind === 'instruction') return undefined;
  const statements = statementsOf(input.content, speakerOf(scope), at);
  return statements.length === 1 ? statements[0] : undefined;
}

const speakerOf = (scope: MemoryScope, name?: string) => ({
  name,
  aliases: ['the user', 'user', ...(scope.user_id === undefined ? [] : [scope.user_id])],
});

function common(
  content: string,
  scope: MemoryScope,
  said: Said | undefined,
): Pick<Draft, 'content' | 'scope' | 'owner' | 'claim' | 'isClaimed' | 'chain' | 'ends' | 'fingerprint' | 'near'> {
  return {
    content,
    scope,
    owner: ownerOf(scope),
    claim: said?.claim ?? null,
    chain: said ? chainOf(scope, said.claim) : null,
    ends: said?.ends ?? null,
    fingerprint: fingerprintOf(content),
    near: null,
    isClaimed: said?.isGiven ?? false,
  };
}

export interface MessageContext {
  readonly scope: MemoryScope;
  readonly source: string | null;
  readonly metadata: Record<string, unknown>;
  readonly importance: number;
  readonly confidence: number;
  readonly isToExtract: boolean;
  /** The zone of messages that name none. */
  readonly timezone?: string | undefined;
}

/** A message, and the facts that its sentences state. A message that is one statement carries it itself. */
export interface MessageDrafts {
  readonly message: Draft;
  readonly facts: readonly Draft[];
}

export function draftsOfMessage(input: MessageInput, context: MessageContext, isSilent: boolean): MessageDrafts {
  const { scope, timezone, ...described } = context;
  const at = input.at === undefined ? new Date() : dateOf(input.at);
  // What an assistant or a tool says of "I" and "you" is not what the user stated; a named speaker states facts.
  const isStating = !isSilent && (input.role === 'user' || input.name !== undefined) && !isToolRole(input.role);
  const statements = isStating
    ? statementsOf(input.content, speakerOf(scope, input.name), { at, timezone: input.timezone ?? timezone })
    : [];
  const [only] = statements;
  const isOne =
    only !== undefined && statements.length === 1 && only.from === undefined && isAllOf(only, input.content);
  const base = {
    ...described,
    isNamed: false,
    isKindGiven: false,
    role: input.role,
    speaker: input.name ?? null,
    validFrom: input.at === undefined ? undefined : dateOf(input.at),
    isTimeRead: false,
    holdsAt: null,
    endsAt: null,
    expiresAt: null,
    supersedes: [],
    endings: [],
  };
  const message: Draft = {
    ...base,
    ...common(input.content, scope, isOne ? only : undefined),
    id: newId(),
    kind: 'message',
    derivedFrom: [],
    endings: isStating ? endingsOf(input.content) : [],
    isSilent,
    isToExtract: context.isToExtract && !isSilent && !isToolRole(input.role),
  };
  const facts = isOne ? [] : statements.map((statement) => factOf(statement, message, base, at));
  return { message, facts };
}

function factOf(
  statement: Statement,
  message: Draft,
  base: Omit<Draft, keyof ReturnType<typeof common> | 'id' | 'kind' | 'derivedFrom' | 'isSilent'>,
  at: Date,
): Draft {
  return {
    ...base,
    validFrom: statement.from ?? base.validFrom,
    isTimeRead: statement.from !== undefined,
    holdsAt: statement.from !== undefined && statement.isStill ? at : null,
    ...common(statement.text, message.scope, statement),
    id: newId(),
    kind: statement.kind,
    derivedFrom: [message.id],
    isSilent: false,
    isToExtract: false,
  };
}

/** Whether a statement is (nearly) all that was said. */
const isAllOf = (statement: Statement, content: string): boolean =>
  statement.text.length >= content.trim().length * 0.7;
