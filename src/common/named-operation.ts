/** Prefix of the operation's name in the name of the function that runs it. */
const PREFIX = 'operation ';

type Work<A extends unknown[], R> = (...given: A) => Promise<R>;

/**
 * Wraps work in a function that has the operation's name, so that every stack below it, across any `await`, names the
 * operation. Async stacks cost nothing until they are read; `AsyncLocalStorage` adds a cost to every `await`. `name`:
 * one of a closed list. See decision 20.
 */
export const asOperation = <A extends unknown[], R>(name: string, work: Work<A, R>): Work<A, R> => {
  const key = `${PREFIX}${name}`;
  // It must await: a function that only returns the promise does not appear in the stack.
  const named = { [key]: async (...given: A): Promise<R> => await work(...given) };
  return named[key] ?? work;
};

/** The operation in these function names, innermost first; `undefined` when there is none. */
export const operationIn = (functions: readonly string[]): string | undefined =>
  functions.find((name) => name.includes(PREFIX))?.split(PREFIX)[1];
