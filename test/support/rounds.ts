/** How often what is random is tried: `few` times by `npm test`, `many` times by `npm run test:long`. */
export const rounds = (few: number, many: number): number => (process.env['ZERODB_TEST_LONG'] === '1' ? many : few);
