/** In front of the name of an operation, in the name of the function that runs it. */
const PREFIX = 'operation ';

type Work<A extends unknown[], R> = (...given: A) => Promise<R>;

/**
 * The same work in a function that bears the operation's name, so that every stack below it, across any `await`, says whose
 * it is. Async stacks cost nothing until somebody reads them; `AsyncLocalStorage` costs every `await` something.
 * `name`: one of a closed list. See decision 20.
 */
export const asOperation = <A extends unknown[], R>(name: string, work: Work<A, R>): Work<A, R> => {
  const key = `${PREFIX}${name}`;
  // It must wait itself: a function that only hands the promise on is no part of the stack.
  const named = { [key]: async (...given: A): Promise<R> => await work(...given) };
  return named[key] ?? work;
};

/** The operation in these names of functions, innermost first; `undefined`: it is none of ours. */
export const operationIn = (functions: readonly string[]): string | undefined =>
  functions.find((name) => name.includes(PREFIX))?.split(PREFIX)[1];
