// Prints what the last tests with TEST_COVERAGE=1 covered.
import { reportCoverage } from './report.mjs';

console.log((await reportCoverage()).join('\n'));
