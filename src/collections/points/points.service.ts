import { Injectable } from '@nestjs/common';
import { invalid } from '../../common/errors';
import { metadataFaults } from '../../common/filter';
import type { Scope } from '../../common/scope';
import { CollectionsService } from '../collections.service';
import { RecordLimits } from '../records/record-input';
import type { RecordRow } from '../records/record-rows';
import type { Selection } from '../records/records.repository';
import {
  PointsRepository,
  type GoneVectors,
  type OrderedRow,
  type PointOrder,
  type ScrollRequest,
} from './points.repository';

const EDITED_AT_ONCE = 500;

type Metadata = Record<string, unknown>;

/** Records whose ids are those of points (see `point-id.ts`), as dialects need them. */
@Injectable()
export class PointsService {
  constructor(
    private readonly collections: CollectionsService,
    private readonly repository: PointsRepository,
    private readonly limits: RecordLimits,
  ) {}

  /** A page, integers by their numbers, then UUIDs. */
  async scroll(scope: Scope, name: string, request: ScrollRequest): Promise<RecordRow[]> {
    return await this.collections.use(scope, name, (collection) => this.repository.scroll(scope, collection, request));
  }

  /** A page by the values at a path. */
  async ordered(
    scope: Scope,
    name: string,
    request: Omit<ScrollRequest, 'from'> & { readonly order: PointOrder },
  ): Promise<OrderedRow[]> {
    return await this.collections.use(scope, name, (collection) => this.repository.ordered(scope, collection, request));
  }

  async sample(scope: Scope, name: string, request: Omit<ScrollRequest, 'from'>): Promise<RecordRow[]> {
    return await this.collections.use(scope, name, (collection) => this.repository.sample(scope, collection, request));
  }

  /** The strings and the integers at a path, by id. */
  async groupValues(
    scope: Scope,
    name: string,
    ids: readonly string[],
    keys: readonly string[],
  ): Promise<Map<string, (string | number)[]>> {
    return await this.collections.use(scope, name, (collection) =>
      this.repository.groupValues(scope, collection, ids, keys),
    );
  }

  /** Takes vectors from every selected point, as `edit` changes metadata. */
  async removeVectors(
    scope: Scope,
    name: string,
    selection: Selection,
    gone: GoneVectors,
    signal?: AbortSignal,
  ): Promise<ReadonlySet<string>> {
    return await eachPage(selection, signal, async (part, after) => {
      const page = { ...part, after, limit: EDITED_AT_ONCE };
      return await this.collections.use(scope, name, (collection) =>
        this.repository.removeVectors(scope, collection, page, gone),
      );
    });
  }

  /**
   * Changes the metadata of every selected point by `change`, which must not alter its argument. Several transactions:
   * what stops it in between leaves some changed; the same call again completes it. Returns which of the named ids were
   * there. Throws `invalid` for metadata that cannot be stored.
   */
  async edit(
    scope: Scope,
    name: string,
    selection: Selection,
    change: (metadata: Metadata) => Metadata,
    signal?: AbortSignal,
  ): Promise<ReadonlySet<string>> {
    const checked = (metadata: Metadata): Metadata => this.checked(change(metadata));
    return await eachPage(
      selection,
      signal,
      async (part, after) => await this.editPage(scope, name, { ...part, after, limit: EDITED_AT_ONCE }, checked),
    );
  }

  private async editPage(
    scope: Scope,
    name: string,
    page: Selection & { readonly after: string; readonly limit: number },
    change: (metadata: Metadata) => Metadata,
  ): Promise<string[]> {
    return await this.collections.use(scope, name, (collection) =>
      this.repository.edit(scope, collection, page, change),
    );
  }

  private checked(metadata: Metadata): Metadata {
    const faults = metadataFaults(metadata, '/payload', { maxBytes: this.limits.maxMetadataBytes });
    if (faults.length > 0) throw invalid('The payload would be invalid after the change.', faults);
    return metadata;
  }
}

type EditPage = (part: Selection, after: string) => Promise<string[]>;

/** Page after page. Returns which of the named ids were there. */
async function eachPage(
  selection: Selection,
  signal: AbortSignal | undefined,
  edit: EditPage,
): Promise<ReadonlySet<string>> {
  const editPage: EditPage = async (part, after) => {
    signal?.throwIfAborted();
    return await edit(part, after);
  };
  if (selection.ids) return await editEach({ ...selection, ids: selection.ids }, editPage);
  let after: string | undefined = '';
  while (after !== undefined) after = (await editPage(selection, after)).at(-1);
  return new Set();
}

/** In parts that are a page each. Returns the ids that were there. */
async function editEach(
  selection: Selection & { readonly ids: readonly string[] },
  editPage: EditPage,
): Promise<ReadonlySet<string>> {
  const ids = [...new Set(selection.ids)];
  const found = new Set<string>();
  for (let from = 0; from < ids.length; from += EDITED_AT_ONCE) {
    const part = { ...selection, ids: ids.slice(from, from + EDITED_AT_ONCE) };
    for (const id of await editPage(part, '')) found.add(id);
  }
  return found;
}
