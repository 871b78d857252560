import { readdirSync, readFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import path from 'node:path';
import ts from 'typescript';
import { encodingFor } from '../../src/admin/dashboard-files';
import { loadCsv, loadTsv } from '../../src/common/documents/loaders/csv';
import { joinPages } from '../../src/common/documents/loaders/divided-words';
import { loadHtml } from '../../src/common/documents/loaders/html';
import { declaredEncoding } from '../../src/common/documents/loaders/html-encoding';
import { loadJson, loadJsonLines } from '../../src/common/documents/loaders/json';
import { loadMarkdown } from '../../src/common/documents/loaders/markdown';
import { snippet } from '../../src/cli/output/printable';
import { analyse } from '../../src/keyword/analyse';
import { languagesOf } from '../../src/keyword/detect';
import { fold, readable } from '../../src/keyword/fold';
import { keywordQuery } from '../../src/keyword/query';
import { STEMMED_LANGUAGES } from '../../src/keyword/stemmers';
import { wordTerms } from '../../src/keyword/term';
import { decodeVector } from '../../src/collections/records/vector-input';
import { addressReader } from '../../src/common/client-address';
import { parseFilter } from '../../src/common/filter';
import { parseInstant } from '../../src/common/filter/instant';
import { metadataFaults } from '../../src/common/filter/metadata';
import { parsePath } from '../../src/common/filter/path';
import { indexedWords, wordsOf } from '../../src/common/filter/words';
import { ZeroDbError } from '../../src/common/errors';
import { isNestedTooDeep } from '../../src/common/nesting';
import { isPrivateAddress } from '../../src/common/ssrf/addresses';
import { chunkText } from '../../src/common/text/chunk';
import { estimateTokens } from '../../src/common/text/estimate-tokens';
import { trimEndOf } from '../../src/common/trim-end';
import { kindOf } from '../../src/database/sessions/statement-kind';
import { readDetail } from '../../src/embeddings/adapters/openai/response';
import { slices } from '../../src/embeddings/adapters/transformers/windows';
import { typePattern } from '../../src/events/dto/topic.schemas';
import { traceparentIn } from '../../src/events/event-trace';
import { allowsType, isCompressible } from '../../src/files/buckets/bucket';
import { rangeOf } from '../../src/files/objects/range';
import { attachment, contentTypeIn, dispositionIn } from '../../src/files/objects/upload-body';
import { readExtraction } from '../../src/memory/extraction/extraction';
import { thingWords, type StandingMemory } from '../../src/memory/ledger/ended';
import { printsOf } from '../../src/memory/ledger/echo';
import { endingsOf } from '../../src/memory/recognise/endings';
import { entitiesOf } from '../../src/memory/recognise/entities';
import { fingerprintOf } from '../../src/memory/recognise/fingerprint';
import { asksForEarlier, asksForIntent, modalityOf } from '../../src/memory/recognise/modality';
import { answers, questionOf } from '../../src/memory/recognise/questions';
import { clausesOf, isSmallTalk } from '../../src/memory/recognise/sentences';
import { statementsOf } from '../../src/memory/recognise/statements';
import { pack } from '../../src/memory/search/context.service';
import { fitOf } from '../../src/memory/search/fit';
import { namesIn } from '../../src/memory/search/memory-graph';
import type { MemoryHit } from '../../src/memory/search/memory-search.service';
import { comparedFor, timelineOf } from '../../src/memory/search/timeline';
import type { Told } from '../../src/memory/search/timeline-subject';
import { countTokens } from '../../src/common/text/tokens';
import { mustBeShallow } from '../../src/transports/graphql/limits/nesting';
import { mustBeReadable } from '../../src/sql/language/shape';
import { plannedPage } from '../../src/transports/graphql/schema/connection';
import { Origins } from '../../src/transports/mcp/origins';
import { baseUrl } from '../../src/transports/mcp/protected-resource';
import { parseJson } from '../../src/transports/rest/parse-json';
import { parseQueryString } from '../../src/transports/rest/query-string';
import { adversarialTexts } from '../support/adversarial';
import { projectRoot } from '../support/stack-files';

const requestFrom = (text: string): IncomingMessage =>
  ({ socket: { remoteAddress: '127.0.0.1' }, headers: { 'x-forwarded-for': text } }) as unknown as IncomingMessage;
const bytes = (text: string): Buffer => Buffer.from(text);
const hit = (content: string): MemoryHit => ({ content, kind: 'fact', valid_from: '2026-01-01' }) as MemoryHit;

const toldHit = (content: string): Told => ({
  id: 'a',
  content,
  isMessage: false,
  speaker: null,
  subject: null,
  chain: null,
  state: 'valid',
  validFrom: new Date(0),
  order: 1,
});

/** Every function that reads users' text, with the files whose patterns it runs. */
const READERS: readonly (readonly [name: string, files: string, read: (text: string) => unknown])[] = [
  ['clauses', 'memory/recognise/sentences', clausesOf],
  ['small talk', 'memory/recognise/sentences', isSmallTalk],
  [
    'statements',
    'memory/recognise/statements memory/recognise/languages memory/recognise/language-cues memory/recognise/times memory/recognise/relative-times memory/recognise/lists',
    (text) => statementsOf(text, {}, { at: new Date(0), timezone: 'Europe/Berlin' }),
  ],
  [
    'endings',
    'memory/recognise/endings memory/recognise/denials memory/recognise/values memory/recognise/topic',
    endingsOf,
  ],
  ['modality', 'memory/recognise/modality', (text) => [modalityOf(text), asksForEarlier(text), asksForIntent(text)]],
  [
    'timelines',
    'memory/search/timeline-subject',
    (text) => [timelineOf(text, [toldHit(text)], false), timelineOf('Where do I live?', [toldHit(text)], false)],
  ],
  [
    'questions without their names',
    '',
    (text) => comparedFor(text, [toldHit('The car of Marta is new.'), toldHit(text)], true),
  ],
  ['what was corrected', '', (text) => thingWords([{ content: text } as StandingMemory], text)],
  ['entities', 'memory/recognise/entities', entitiesOf],
  ['fingerprints', 'memory/recognise/fingerprint memory/recognise/comparable', fingerprintOf],
  [
    'questions',
    'memory/recognise/questions',
    (text) => answers(questionOf(text), { subject: 'user', attribute: 'residence' }),
  ],
  ['echoes', 'memory/ledger/echo', printsOf],
  ['names of a query', 'memory/search/memory-graph', namesIn],
  ['speakers of a query', 'memory/search/fit', (text) => fitOf(text, [{ speaker: text, asks: false }])],
  ['context', 'memory/search/context.service', (text) => pack([hit(text)], 1e9, (line) => line.length)],
  ['tokens of a context', 'common/text/tokens', countTokens],
  ['answers of a model', '', (text) => readExtraction(text, 1)],
  ['chunks', 'common/text/sections common/text/units', (text) => chunkText(text)],
  ['tokens', 'common/text/estimate-tokens', estimateTokens],
  ['keyword terms', 'keyword/tokens keyword/characters keyword/joined', (text) => analyse(text)],
  ['keyword query', '', keywordQuery],
  ['one term', 'keyword/term keyword/query-builder', (text) => STEMMED_LANGUAGES.map((one) => wordTerms(text, one))],
  ['folding', 'keyword/fold', (text) => fold(readable(text))],
  ['a language', 'keyword/detect', (text) => languagesOf(text, 'auto')('Latin')],
  ['words of filters', 'common/filter/words', wordsOf],
  ['words of metadata', '', (text) => indexedWords({ [text]: [text, text] }, text)],
  ['metadata', '', (text) => metadataFaults({ [text]: text }, '/metadata')],
  ['a filter', '', (text) => parseFilter({ [text]: { $text: text } }, { basePath: '', ownFields: [] })],
  ['a path', '', (text) => parsePath(text, ['@id'])],
  ['a date-time', 'common/filter/instant', parseInstant],
  ['a vector', 'collections/records/vector-input', (text) => decodeVector(text)],
  ['windows of a text', '', (text) => [...slices(text)]],
  ['JSON', '', (text) => parseJson(bytes(JSON.stringify({ text })))],
  ['broken JSON', '', (text) => parseJson(bytes(text))],
  ['a query string', '', (text) => parseQueryString(`/?${text}`)],
  [
    'a statement of SQL',
    'sql/language/shape',
    (text) => {
      try {
        mustBeReadable(text);
      } catch (error) {
        if (!(error instanceof ZeroDbError)) throw error;
      }
    },
  ],
  ['a file of CSV', '', (text) => loadCsv(bytes(`a,b\n${text}`))],
  ['a separator line', 'common/documents/loaders/csv', (text) => loadCsv(bytes(`sep=;${text}`))],
  ['quotation marks in CSV', '', (text) => loadCsv(bytes(`a,b\n"${text}`))],
  ['a file of TSV', '', (text) => loadTsv(bytes(`a\tb\n${text}`))],
  ['pages of a PDF', 'common/documents/loaders/divided-words', (text) => joinPages([text, text])],
  [
    'a style attribute',
    'common/documents/loaders/style-rules',
    (text) => loadHtml(bytes(`<p style="opacity:${text}">x`)),
  ],
  [
    'a style sheet',
    'common/documents/loaders/hiding-values',
    (text) => loadHtml(bytes(`<style>a{left:${text}}</style>`)),
  ],
  ['selectors', '', (text) => loadHtml(bytes(`<style>${text}{opacity:0}</style><p>`))],
  [
    'classes',
    'common/documents/loaders/style-matcher',
    (text) => loadHtml(bytes(`<style>a{opacity:0}</style><p class="${text}">`)),
  ],
  [
    'a declared character set',
    'common/documents/loaders/html-encoding',
    (text) => declaredEncoding(bytes(`<meta ${text}>`)),
  ],
  ['a file of HTML', 'common/documents/loaders/html', (text) => loadHtml(bytes(text))],
  ['HTML in <pre>', '', (text) => loadHtml(bytes(`<pre>${text}`))],
  ['many tags', '', (text) => loadHtml(bytes(`${text}${'<b> </b>'.repeat(text.length / 10)}`))],
  ['a file of Markdown', 'common/documents/loaders/markdown', (text) => loadMarkdown(bytes(text))],
  ['front matter', '', (text) => loadMarkdown(bytes(`---\ntitle:${text}\n---\n`))],
  ['an array of JSON', '', (text) => loadJson(bytes(`[1,${text}`))],
  ['lines of JSON', '', (text) => loadJsonLines(bytes(text))],
  ['a terminal', 'cli/output/printable', (text) => snippet(text, 80)],
  ['types of events', 'events/dto/topic.schemas', (text) => typePattern.safeParse(text)],
  ['traces of events', '', traceparentIn],
  ['a content type', 'files/objects/upload-body', (text) => contentTypeIn({ 'content-type': text })],
  ['a disposition', '', (text) => dispositionIn({ 'content-disposition': text })],
  ['a file name', '', attachment],
  ['a range', '', (text) => rangeOf(text, 10)],
  ['a kind of file', 'files/buckets/bucket', isCompressible],
  ['kinds that are allowed', '', (text) => allowsType({ allowed_types: ['text/*'] } as never, text)],
  ['an encoding', 'admin/dashboard-files', (text) => encodingFor({ compressed: new Map() } as never, text)],
  ['an origin', '', (text) => new Origins(text)],
  ['a host', 'transports/mcp/protected-resource', (text) => baseUrl(undefined, { host: text })],
  ['an address', '', isPrivateAddress],
  ['nesting of a query', '', mustBeShallow],
  ['nesting of JSON', '', isNestedTooDeep],
  ['hops of proxies', 'common/client-address', (text) => addressReader(['127.0.0.1'])(requestFrom(text))],
  ['a cursor', 'transports/graphql/schema/connection', (text) => plannedPage(1, text)],
  [
    'an error of a provider',
    'embeddings/adapters/openai/response',
    (text) => readDetail(JSON.stringify({ error: { message: text } }), undefined),
  ],
  ['a statement', 'database/sessions/statement-kind', kindOf],
  ['trimming', '', (text) => trimEndOf(text, '=')],
];

/** Files with patterns that no long text of a user reaches, and why. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  'auth/authenticator': 'a header, which the server bounds at 16 KiB; no blank can be read in two ways',
  'cli/command': "the caller's own argument",
  'client/path': 'declared paths',
  'cli/commands/events': 'lines of our own server',
  'collections/adapters/qdrant/copy-name': 'names of Qdrant collections',
  'collections/adapters/qdrant/qdrant-client': 'settings, and headers of Qdrant',
  'collections/adapters/qdrant/qdrant-probe': "Qdrant's version",
  'collections/dto/record.schemas': 'a query parameter, bounded with its request line; a closed list of words',
  'keyword/stop-words': 'our own list',
  'config/configuration': "the operator's settings",
  'config/environment': "the operator's settings",
  'config/setting': "the operator's settings",
  'database/drift/compare': 'definitions in the catalogue',
  'database/drift/manifest': 'names of our tables',
  'database/embedded/data-folder-lock': 'names of lock files',
  'database/sessions/session-database': 'the first words of a statement, at one place: blanks are read once',
  'database/sessions/statement-span': 'the first word of our own statements',
  'embeddings/adapters/openai/embeddings-client': 'settings, and headers of the provider',
  'embeddings/adapters/transformers/model-folder': "the operator's settings",
  'events/dto/event.schemas': 'base64 in groups of four: one way to read it; measured as "a vector"',
  'generate/go/go-names': 'names in our own document',
  'files/buckets/bucket.schemas': 'at most 100 characters by its schema',
  'files/objects/file-part': 'measured as "a kind of file": the same pattern',
  'memory/ledger/ledger.repository': 'our own SQL',
  'registry/service-view': "the operator's settings",
  'transports/mcp/stdio-bridge': 'answers of our own server',
  'transports/rest/docs-pages': "ReDoc's own script",
  'transports/rest/read-input': 'declared paths',
  'transports/rest/rest-router': 'declared paths; a request line is bounded at 16 KiB',
  'transports/graphql/schema/json-schema': 'constants of our declarations',
};

const LENGTH = 100_000;
/** What is quadratic takes seconds for so much; below this a difference is noise. */
const QUICK_MS = 1_000;
const LONGEST_MS = 5_000;
/** Four times the text takes four times the time; sixteen times when it is quadratic. */
const MOST = 9;

const quarters = adversarialTexts(LENGTH / 4);
const wholes = adversarialTexts(LENGTH);

/** Processor time, as others may have the machine. What is refused is refused in linear time too. */
const costOf = (read: (text: string) => unknown, text: string): number => {
  const before = process.cpuUsage();
  try {
    read(text);
  } catch {
    // A refusal is an answer.
  }
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
};

const best = (times: number, read: (text: string) => unknown, text: string): number =>
  Math.min(...Array.from({ length: times }, () => costOf(read, text)));

/** What is wrong, or `undefined`. */
const slowness = (read: (text: string) => unknown, shape: string): string | undefined => {
  const whole = wholes.get(shape) ?? '';
  if (costOf(read, whole) < QUICK_MS) return undefined;
  const quarter = best(3, read, quarters.get(shape) ?? '');
  const all = best(3, read, whole);
  if (all < QUICK_MS || (all < quarter * MOST && all < LONGEST_MS)) return undefined;
  return `${shape}: ${quarter.toFixed(0)} ms for a quarter, ${all.toFixed(0)} ms for all of it`;
};

describe('every function over the text of users takes time in proportion to it', () => {
  it.each(READERS)('%s', (_name, _files, read) => {
    expect([...wholes.keys()].flatMap((shape) => slowness(read, shape) ?? [])).toEqual([]);
  });
});

const source = path.join(projectRoot(), 'src');

const filesBelow = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && !name.endsWith('.spec.ts') && !name.startsWith('chaos'))
    .map((name) => name.replaceAll(path.sep, '/').slice(0, -'.ts'.length));

/** `+`, `*` or `{n,}` outside of a class, or a pattern that is put together. */
const isUnbounded = (pattern: string): boolean =>
  pattern.startsWith('new ') || /[+*]|\{\d+,\}/.test(pattern.replace(/\\./g, '').replace(/\[[^\]]*\]/g, 'c'));

const patternsIn = (file: string): string[] => {
  const tree = ts.createSourceFile(file, readFileSync(path.join(source, `${file}.ts`), 'utf8'), ts.ScriptTarget.Latest);
  const found: string[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isRegularExpressionLiteral(node)) found.push(node.getText(tree));
    if (ts.isNewExpression(node) && node.expression.getText(tree) === 'RegExp') found.push(node.getText(tree));
    ts.forEachChild(node, visit);
  };
  visit(tree);
  return found.filter(isUnbounded);
};

describe('the list above', () => {
  const withPatterns = filesBelow(source).filter((file) => patternsIn(file).length > 0);
  const measured = READERS.flatMap(([, files]) => files.split(' ').filter((file) => file !== ''));

  it('has every file with a pattern that has no bound: add a new one, with its function or a reason', () => {
    expect(withPatterns.filter((file) => !measured.includes(file) && !(file in ELSEWHERE))).toEqual([]);
  });

  it('has none that is not there', () => {
    const listed = [...measured, ...Object.keys(ELSEWHERE)];
    expect(listed.filter((file) => !withPatterns.includes(file))).toEqual([]);
  });
});
