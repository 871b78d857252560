import { z } from 'zod';
import { addBody as ownAddBody, type AddAnswer, type AddBody as OwnAddBody } from '../../memory/dto/memory.schemas';
import { chatShape, saidIn, type Said } from '../../memory/dto/chat-content';
import { badRequest } from './errors';
import { readFilters } from './filters';
import { endOf, momentOf } from './moments';
import type { AddBody, EntityFields } from './schemas';
import { APP_KEY } from './shown';

type Message = Record<string, unknown>;

/** What a message may have here; clients send more. */
const MESSAGE_FIELDS = ['role', 'content', 'name', 'tool_call_id', 'tool_calls', 'function_call', 'refusal'];

/**
 * An add as ZeroDB takes it. With `infer: false` every message is a memory, word for word. What expires is added as memories, too:
 * messages have no end.
 */
export const addBodyOf = (body: AddBody): OwnAddBody => {
  const messages = messagesOf(body.messages);
  const shared = { ...scopeOf(body), metadata: metadataOf(body) };
  const at = body.timestamp === undefined || body.timestamp === null ? undefined : momentOf(body.timestamp);
  const ends = body.expiration_date ? { expires_at: endOf(body.expiration_date) } : {};
  if (body.infer !== false && !body.expiration_date) {
    return checked({ ...scopeOf(body), metadata: shared.metadata, messages: messages.map((each) => said(each, at)) });
  }
  const kind = body.infer === false ? { kind: 'message' } : {};
  const memories = messages.map((message) => ({
    ...shared,
    ...ends,
    ...kind,
    ...(at === undefined ? {} : { valid_from: at }),
    content: saidIn(chatOf(message)),
    metadata: { role: message['role'], ...shared.metadata },
  }));
  return checked({ memories, on_duplicate: body.infer === false ? 'keep' : 'skip' });
};

const messagesOf = (messages: AddBody['messages']): Message[] => {
  if (typeof messages === 'string') return [{ role: 'user', content: messages }];
  return (Array.isArray(messages) ? messages : [messages]).map((message) =>
    Object.fromEntries(MESSAGE_FIELDS.flatMap((key) => (message[key] === undefined ? [] : [[key, message[key]]]))),
  );
};

const said = (message: Message, at: string | undefined): Message => (at === undefined ? message : { ...message, at });

/** Ids beside the messages, or in `filters`, where the current clients ask for them. */
const scopeOf = (body: AddBody): Record<string, string> => {
  const { scope } = readFilters(entitiesIn(body), idsOf(body.filters ?? {}));
  if (Object.keys(scope).length > 0) return { ...scope };
  throw badRequest('At least one of user_id, agent_id and run_id is needed.');
};

const idsOf = (filters: Record<string, unknown>): Record<string, unknown> =>
  Object.fromEntries(['user_id', 'agent_id', 'run_id'].flatMap((key) => (key in filters ? [[key, filters[key]]] : [])));

/** Those that were given: null is nobody. */
export const entitiesIn = ({ user_id, agent_id, app_id, run_id }: EntityFields): Record<string, string> =>
  Object.fromEntries(
    Object.entries({ user_id, agent_id, app_id, run_id }).flatMap(([key, value]) => (value ? [[key, value]] : [])),
  );

const metadataOf = ({ metadata, app_id, filters }: AddBody): Record<string, unknown> => {
  const app = app_id ?? filters?.[APP_KEY];
  return { ...metadata, ...(typeof app === 'string' ? { [APP_KEY]: app } : {}) };
};

const chat = z.looseObject(chatShape);
const chatOf = (message: Message): Said => parsedBy(chat, message);
const checked = (body: unknown): OwnAddBody => parsedBy(ownAddBody, body);

const parsedBy = <T>(schema: z.ZodType<T>, value: unknown): T => {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw badRequest(`${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'is invalid'}`);
};

/** What was added, one by one. What was known already, or says nothing, is left out. */
export const addedIn = ({ data }: AddAnswer): object[] =>
  data
    .flatMap(({ facts = [], ...message }) => [message, ...facts])
    .flatMap(({ id, status, content }) =>
      id !== null && (status === 'added' || status === 'superseding') ? [{ id, memory: content, event: 'ADD' }] : [],
    );
