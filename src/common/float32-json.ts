/** Significant decimal digits that tell every 32-bit float from its neighbours, also by way of a 64-bit one. */
const DIGITS = 9;
const LEAST_SIGNIFICANT = 10 ** (DIGITS - 1);
/** From here up to 1, a number is written as nine digits and an exponent of one or two. */
const LEAST_QUICK = 1e-7;
/** A comma, and the longest text of a 32-bit float: `-1.1754943508222875e-38`. */
const MOST_BYTES = 26;

const [COMMA, MINUS, ZERO, EXPONENT] = [44, 45, 48, 101];

/** Used again by each call, none of which waits for anything. */
let scratch = Buffer.allocUnsafe(0);

/**
 * The numbers of a JSON array, without its brackets, as 32-bit floats: `123456789e-10` is read as the float it was written of.
 * The numbers of embeddings are mostly below 1; those cost a third of what printing 64-bit floats does, and two thirds of the bytes.
 */
export function float32Json(values: ArrayLike<number>): string {
  const most = values.length * MOST_BYTES;
  if (scratch.length < most) scratch = Buffer.allocUnsafe(most);
  const target = scratch;
  let at = 0;
  for (let index = 0; index < values.length; index++) {
    if (index > 0) target[at++] = COMMA;
    at = writeFloat(target, at, Math.fround(values[index] ?? 0));
  }
  return target.toString('latin1', 0, at);
}

function writeFloat(target: Buffer, from: number, value: number): number {
  const size = Math.abs(value);
  // Others are rare: their text is as long as it is.
  if (!(size >= LEAST_QUICK && size < 1)) return from + target.write(String(value), from, 'latin1');
  let at = from;
  if (value < 0) target[at++] = MINUS;
  let exponent = DIGITS;
  let scale = 10 ** DIGITS;
  for (; size * scale < LEAST_SIGNIFICANT; exponent++) scale *= 10;
  writeDigits(target, at, Math.round(size * scale));
  return writeExponent(target, at + DIGITS, exponent);
}

/** From the last one to the first. */
function writeDigits(target: Buffer, from: number, whole: number): void {
  let rest = whole | 0;
  for (let at = from + DIGITS - 1; at >= from; at--) {
    const left = (rest / 10) | 0;
    target[at] = ZERO + rest - left * 10;
    rest = left;
  }
}

function writeExponent(target: Buffer, from: number, exponent: number): number {
  let at = from;
  target[at++] = EXPONENT;
  target[at++] = MINUS;
  if (exponent >= 10) target[at++] = ZERO + 1;
  target[at++] = ZERO + (exponent % 10);
  return at;
}
