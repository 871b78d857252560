/** A name as SQL takes it, whatever characters it has. */
export const quotedName = (name: string): string => `"${name.replaceAll('"', '""')}"`;

/** A text constant; `E''` where a backslash would be read in two ways. */
export const quotedLiteral = (text: string): string =>
  text.includes('\\') ? `E'${text.replaceAll('\\', '\\\\').replaceAll("'", "''")}'` : `'${text.replaceAll("'", "''")}'`;
