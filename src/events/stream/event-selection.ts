import { matches, parseFilter, type FilterNode } from '../../common/filter';
import { asksFor } from '../changes/change-patterns';
import type { StoredEvent } from '../event';

/** Selects events of a topic. */
export interface EventSelection {
  /** Types, or starts of types (`order.*`); all when absent. */
  readonly types?: readonly string[] | undefined;
  /** On the CloudEvent: `{"data.total": {"$gt": 100}}`. */
  readonly filter?: FilterNode | undefined;
}

/** Parses a filter on events. It has no built-in fields: an event's attributes are plain names. */
export const parseEventFilter = (input: unknown, basePath: string): FilterNode =>
  parseFilter(input, { basePath, ownFields: [] });

/** The event's parsed form, shared by all filters. */
const parsed = new WeakMap<StoredEvent, unknown>();

const documentOf = (event: StoredEvent): unknown => {
  const known = parsed.get(event);
  if (known !== undefined) return known;
  const document: unknown = JSON.parse(event.body);
  parsed.set(event, document);
  return document;
};

const EPOCH = new Date(0);

export const isSelected = (event: StoredEvent, { types, filter }: EventSelection): boolean => {
  if (types && !types.some((pattern) => asksFor(pattern, event.type))) return false;
  if (!filter) return true;
  const document = { id: event.id, metadata: documentOf(event), version: 1, created_at: EPOCH, updated_at: EPOCH };
  return matches(filter, document);
};

export const selected = (events: readonly StoredEvent[], selection: EventSelection): readonly StoredEvent[] =>
  selection.types || selection.filter ? events.filter((event) => isSelected(event, selection)) : events;
