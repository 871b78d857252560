const SHIFT_MICROS = (23n * 60n + 59n) * 60_000_000n;
const YEAR_0 = -62_167_219_200_000_000n;
const YEAR_10000 = 253_402_300_800_000_000n;

/**
 * Microseconds since 1970 as a date-time that Qdrant reads without loss. Zones let instants fall just outside of the
 * years 0 to 9999; those are written with a zone again, as a year has four digits.
 */
export function formatInstant(micros: bigint): string {
  if (micros < YEAR_0) return `${local(micros + SHIFT_MICROS)}+23:59`;
  if (micros >= YEAR_10000) return `${local(micros - SHIFT_MICROS)}-23:59`;
  return `${local(micros)}Z`;
}

function local(micros: bigint): string {
  const fraction = ((micros % 1_000_000n) + 1_000_000n) % 1_000_000n;
  const seconds = new Date(Number((micros - fraction) / 1000n)).toISOString().slice(0, 19);
  return `${seconds}.${String(fraction).padStart(6, '0')}`;
}
