/** A Postgres array literal, itself bound as a parameter: `unnest` can't take an array of arrays of many lengths. */
export const arrayLiteral = (values: readonly string[]): string =>
  `{${values.map((value) => `"${value.replace(/["\\]/g, '\\$&')}"`).join(',')}}`;
