import { cast, isTree, listOf, namesOf, nodeOf, stringConstant, type Tree } from './tree';
import { Refusal } from './refusal';

/** The highest number of a parameter. */
export const MAX_PARAMETERS = 1_000;

/** Most characters of values in a statement: each place has the whole value. */
const MAX_WRITTEN = 2 * 1024 * 1024;

/**
 * Puts the values in the places of `$1`, `$2` …: a number as a number, text, a date and a vector as a quoted constant, whose type
 * follows from where it stands. Values become nodes of the tree, so none of them is read as SQL. Throws `Refusal` for one
 * that is not given, and when all together are too long. Returns the numbers that are used.
 */
export function bindParameters(select: Tree, params: readonly unknown[]): ReadonlySet<number> {
  const binding = new Binding(params);
  binding.visit(select, false);
  return binding.used;
}

class Binding {
  readonly used = new Set<number>();
  private written = 0;
  private readonly texts = new Map<string, string>();

  constructor(private readonly params: readonly unknown[]) {}

  visit(value: unknown, isList: boolean): void {
    if (Array.isArray(value)) for (const each of value) this.visit(each, isList);
    if (!isTree(value)) return;
    if (isTree(value['ParamRef'])) return this.bind(value, value['ParamRef'], isList);
    const expression = nodeOf(value, 'A_Expr');
    if (expression && /^AEXPR_OP_(?:ANY|ALL)$/.test(String(expression['kind']))) {
      this.visit(expression['lexpr'], false);
      return this.visit(expression['rexpr'], true);
    }
    const typeCast = nodeOf(value, 'TypeCast');
    if (typeCast) return this.visit(typeCast['arg'], listOf(nodeOrSelf(typeCast)['arrayBounds']).length > 0);
    const call = nodeOf(value, 'FuncCall');
    const takesList = call !== undefined && namesOf(call['funcname'])?.at(-1) === 'unnest';
    for (const each of Object.values(value)) this.visit(each, takesList);
  }

  private bind(holder: Tree, reference: Tree, isList: boolean): void {
    const number = typeof reference['number'] === 'number' ? reference['number'] : 0;
    const location = typeof reference['location'] === 'number' ? reference['location'] : -1;
    if (number < 1) throw new Refusal(`parameters are numbered from $1`, location);
    if (number > this.params.length) throw new Refusal(`there is no value for $${number}`, location);
    this.used.add(number);
    delete holder['ParamRef'];
    Object.assign(holder, this.constant(number, isList, location));
  }

  private constant(number: number, isList: boolean, location: number): Tree {
    const value = this.params[number - 1];
    if (value === null || value === undefined) return { A_Const: { isnull: true } };
    if (typeof value === 'boolean') return { A_Const: { boolval: value ? { boolval: true } : {} } };
    if (typeof value === 'number') return numberOf(value);
    const text = this.text(number, value, isList);
    this.written += text.length;
    if (this.written > MAX_WRITTEN) {
      throw new Refusal(
        `the values at the places of its parameters have more than ${MAX_WRITTEN} characters`,
        location,
      );
    }
    return stringConstant(text);
  }

  /** Written once, wherever it stands. */
  private text(number: number, value: unknown, isList: boolean): string {
    if (typeof value === 'string') return value;
    const key = `${number} ${isList}`;
    const text =
      this.texts.get(key) ?? (Array.isArray(value) && isList ? arrayText(value as unknown[]) : JSON.stringify(value));
    this.texts.set(key, text);
    return text;
  }
}

const nodeOrSelf = (typeCast: Tree): Tree => (isTree(typeCast['typeName']) ? typeCast['typeName'] : {});

/** As it would be written; in quotes and with its type where it has a sign or an exponent. */
function numberOf(value: number): Tree {
  const type = typeOfNumber(value);
  const text = plainNumber(value);
  if (type === 'int4' && value > 0) return { A_Const: { ival: { ival: value } } };
  return /^\d{1,17}\.\d{1,17}$/.test(text) ? { A_Const: { fval: { fval: text } } } : cast(stringConstant(text), type);
}

const plainNumber = (value: number): string => (Object.is(value, -0) ? '0' : String(value));

function typeOfNumber(value: number): string {
  if (!Number.isInteger(value)) return 'numeric';
  if (Math.abs(value) <= 2_147_483_647) return 'int4';
  return Number.isSafeInteger(value) ? 'int8' : 'numeric';
}

/** An array as Postgres writes it: `{"a","b"}`. */
const arrayText = (values: readonly unknown[]): string => `{${values.map(elementText).join(',')}}`;

function elementText(value: unknown): string {
  if (value === null || value === undefined) return 'NULL';
  if (Array.isArray(value)) return arrayText(value as unknown[]);
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;
}
