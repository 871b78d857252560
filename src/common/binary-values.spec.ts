import { int4ArrayValue, readVector, vectorValue } from './binary-values';

describe('binary values', () => {
  it('writes a vector as pgvector receives it', () => {
    expect(vectorValue([1, -2.5]).toString('hex')).toBe('00020000' + '3f800000' + 'c0200000');
  });

  it('takes typed arrays that are a part of a larger buffer', () => {
    expect(vectorValue(new Float32Array([9, 1, 9]).subarray(1, 2)).toString('hex')).toBe('000100003f800000');
  });

  it('reads a vector back into a place among others', () => {
    const target = new Float32Array(4);
    readVector(vectorValue([1.5, -2.25]), target, 1);
    expect([...target]).toEqual([0, 1.5, -2.25, 0]);
  });

  it('writes whole numbers as an array of int4', () => {
    const header = ['00000001', '00000000', '00000017', '00000002', '00000001'].join('');
    expect(int4ArrayValue([-1, 258]).toString('hex')).toBe(`${header}00000004ffffffff0000000400000102`);
  });

  it('writes an empty array with one empty dimension', () => {
    expect(int4ArrayValue([])).toHaveLength(20);
  });
});
