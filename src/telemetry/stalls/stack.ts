import path from 'node:path';

export interface Frame {
  readonly name: string;
  /** `memory/context.js:63`: below this product's own code, or the package. */
  readonly place: string;
}

/** Deep enough for the operation at the other end of a chain of awaits. */
const FRAMES = 200;
const ROOT = path.join(__dirname, '..', '..') + path.sep;

/** The stack of now, innermost first, across awaits, without the frames of the stall watch itself. */
export const stackOfNow = (): Frame[] => {
  const { stackTraceLimit } = Error;
  const prepareStackTrace = Reflect.get(Error, 'prepareStackTrace');
  try {
    Error.stackTraceLimit = FRAMES;
    // As values: the text is slow where source maps are read for it, and a stalled process has no time.
    Error.prepareStackTrace = (_error, sites) => sites;
    const sites = new Error().stack as unknown;
    return Array.isArray(sites) ? (sites as NodeJS.CallSite[]).map(frameOf).filter(isOfInterest) : [];
  } finally {
    Error.prepareStackTrace = prepareStackTrace;
    Error.stackTraceLimit = stackTraceLimit;
  }
};

const frameOf = (site: NodeJS.CallSite): Frame => ({
  name: site.getFunctionName() ?? '',
  place: `${placeOf(site.getFileName() ?? '')}:${String(site.getLineNumber() ?? 0)}`,
});

const placeOf = (file: string): string => {
  if (file.startsWith(ROOT)) return file.slice(ROOT.length);
  const [, inPackage] = file.split(/node_modules[\\/]/);
  return inPackage ?? (file.startsWith('node:') ? file : '');
};

/** The frames that ask are not what was asked for. */
const OWN = ['stack.js:', 'sentry.js:'].map((file) => path.join('telemetry', 'stalls', file));

const isOfInterest = ({ place }: Frame): boolean =>
  !place.startsWith(':') && !place.startsWith('node:') && !OWN.some((own) => place.startsWith(own));
