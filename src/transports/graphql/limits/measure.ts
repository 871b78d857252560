import {
  Kind,
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type OperationDefinitionNode,
  type SelectionSetNode,
} from 'graphql';
import { malformed, type ZeroDbError } from '../../../common/errors';
import type { QueryLimits } from './query-limits';

/** What a document asks for, counted before anything of it is validated or run. */
export interface Measured {
  readonly rootFields: number;
  readonly complexity: number;
}

type Variables = Readonly<Record<string, unknown>> | undefined;

/** Length of a page when the query names none. */
const PAGE = 20;

/**
 * Walks the operation with its fragments and throws as soon as a limit is passed, so that a hostile document costs no
 * more than a large one. Each document is measured separately; circular fragments end the traversal.
 */
export const measure = (
  document: DocumentNode,
  operation: OperationDefinitionNode,
  variables: Variables,
  limits: QueryLimits,
): Measured => new Walk(document, variables, limits).run(operation);

class Walk {
  private readonly fragments: ReadonlyMap<string, FragmentDefinitionNode>;
  private readonly open = new Set<string>();
  private aliases = 0;
  private steps = 0;

  constructor(
    document: DocumentNode,
    private readonly variables: Variables,
    private readonly limits: QueryLimits,
  ) {
    const definitions = document.definitions.filter((one) => one.kind === Kind.FRAGMENT_DEFINITION);
    this.fragments = new Map(definitions.map((fragment) => [fragment.name.value, fragment]));
    for (const fragment of definitions) this.mustEnd(fragment);
  }

  run({ selectionSet }: OperationDefinitionNode): Measured {
    this.steps = 0;
    const rootFields = this.fieldsIn(selectionSet);
    if (rootFields > this.limits.rootFields) throw tooMuch('fields at the top', this.limits.rootFields);
    this.steps = 0;
    return { rootFields, complexity: this.cost(selectionSet, 1, this.limits.depth, 1) };
  }

  /** Fragments that nobody spreads are not walked by the operation, and would be validated all the same. */
  private mustEnd(fragment: FragmentDefinitionNode): void {
    this.inside(fragment.name.value, () => this.look(fragment.selectionSet));
  }

  private look(set: SelectionSetNode): void {
    for (const selection of set.selections) {
      this.step();
      if (selection.kind === Kind.FRAGMENT_SPREAD) {
        const fragment = this.fragments.get(selection.name.value);
        if (fragment) this.inside(fragment.name.value, () => this.look(fragment.selectionSet));
      } else if (selection.selectionSet) {
        this.look(selection.selectionSet);
      }
    }
  }

  private fieldsIn(set: SelectionSetNode): number {
    let count = 0;
    for (const selection of set.selections) {
      this.step();
      if (selection.kind === Kind.FIELD) count += 1;
      else count += this.fieldsIn(this.setOf(selection));
    }
    return count;
  }

  private cost(set: SelectionSetNode, depth: number, maxDepth: number, times: number): number {
    let sum = 0;
    for (const selection of set.selections) {
      this.step();
      sum +=
        selection.kind === Kind.FIELD
          ? this.costOfField(selection, depth, maxDepth, times)
          : this.throughFragment(selection, (inner) => this.cost(inner, depth, maxDepth, times));
      if (sum * times > this.limits.complexity) throw tooMuch('fields in the answer', this.limits.complexity);
    }
    return sum;
  }

  private costOfField(field: FieldNode, depth: number, maxDepth: number, times: number): number {
    if (field.alias) this.aliases += 1;
    if (this.aliases > this.limits.aliases) throw tooMuch('aliases', this.limits.aliases);
    if (depth > maxDepth) throw tooMuch('levels', maxDepth);
    if (!field.selectionSet) return 1;
    const isIntrospection = field.name.value === '__schema' || field.name.value === '__type';
    const deepest = isIntrospection ? this.limits.introspectionDepth : maxDepth;
    const length = this.lengthOf(field);
    return 1 + length * this.cost(field.selectionSet, depth + 1, deepest, Math.min(times * length, 1e9));
  }

  /** How many of what is below a field there may be. */
  private lengthOf({ arguments: args = [], selectionSet }: FieldNode): number {
    const asked = args.find(({ name }) => name.value === 'first' || name.value === 'limit')?.value;
    if (asked?.kind === Kind.INT) return bounded(Number(asked.value));
    if (asked?.kind === Kind.VARIABLE) return bounded(Number(this.variableNamed(asked.name.value) ?? PAGE));
    const isPage = selectionSet?.selections.some(
      (one) => one.kind === Kind.FIELD && ['edges', 'nodes', 'results'].includes(one.name.value),
    );
    return isPage ? PAGE : 1;
  }

  private variableNamed(name: string): unknown {
    const { variables } = this;
    return variables && Object.hasOwn(variables, name) ? variables[name] : undefined;
  }

  private setOf(selection: Exclude<SelectionSetNode['selections'][number], FieldNode>): SelectionSetNode {
    if (selection.kind === Kind.INLINE_FRAGMENT) return selection.selectionSet;
    return this.fragments.get(selection.name.value)?.selectionSet ?? EMPTY;
  }

  private throughFragment(
    selection: Exclude<SelectionSetNode['selections'][number], FieldNode>,
    work: (set: SelectionSetNode) => number,
  ): number {
    return work(this.setOf(selection));
  }

  private inside<T>(name: string, work: () => T): T {
    if (this.open.has(name)) throw malformed(`The fragment "${name}" contains itself.`);
    this.open.add(name);
    const result = work();
    this.open.delete(name);
    return result;
  }

  private step(): void {
    this.steps += 1;
    if (this.steps > this.limits.steps) throw tooMuch('selections', this.limits.steps);
  }
}

const EMPTY: SelectionSetNode = { kind: Kind.SELECTION_SET, selections: [] };

const bounded = (length: number): number => (length >= 1 ? Math.min(length, 1_000_000) : 1);

const tooMuch = (what: string, limit: number): ZeroDbError =>
  malformed(`The query has more than ${limit.toLocaleString('en')} ${what}; ask for less at once.`);
