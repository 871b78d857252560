import fc from 'fast-check';
import { float32Json } from './float32-json';

const read = (text: string): number[] => JSON.parse(`[${text}]`) as number[];

describe('float32Json', () => {
  it('is read as the 32-bit floats it was written of', () => {
    fc.assert(
      fc.property(fc.array(fc.float({ noNaN: true, noDefaultInfinity: true })), (values) => {
        expect(read(float32Json(values)).map(Math.fround)).toEqual(values.map((value) => value + 0));
      }),
    );
  });

  it('rounds 64-bit floats as a 32-bit engine would', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ noNaN: true, min: -1e30, max: 1e30 })), (values) => {
        expect(read(float32Json(values)).map(Math.fround)).toEqual(values.map((value) => Math.fround(value) + 0));
      }),
    );
  });

  // The size of its step, and what lies right beside it.
  const bits = new DataView(new ArrayBuffer(4));
  const beside = (value: number, step: number): number => {
    bits.setFloat32(0, value);
    bits.setInt32(0, bits.getInt32(0) + step);
    return bits.getFloat32(0);
  };
  const edges = [1, 0.1, 0.01, 1e-3, 1e-4, 1e-5, 1e-6, 1e-7, 1e-8, 0.5, 0.25, 2 ** -23, 2 ** -24];
  it.each(edges)('keeps %p and its neighbours apart', (edge) => {
    const values = [-2, -1, 0, 1, 2].map((step) => beside(Math.fround(edge), step));
    expect(read(float32Json(values)).map(Math.fround)).toEqual(values);
    expect(read(float32Json(values.map((value) => -value))).map(Math.fround)).toEqual(values.map((value) => -value));
  });

  it('writes whole numbers as they are', () => {
    expect(float32Json([0, 1, -3, 16_777_216])).toBe('0,1,-3,16777216');
  });

  it('takes a typed array, and none', () => {
    expect(read(float32Json(Float32Array.of(0.5, -0.25)))).toEqual([0.5, -0.25]);
    expect(float32Json([])).toBe('');
  });
});
