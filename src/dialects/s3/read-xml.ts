import { parser as createParser } from 'sax';
import { createPause } from '../../common/in-slices';
import { malformedXml } from './errors';

const MAX_DEPTH = 10;
const SLICE_CHARS = 16 * 1024;
/** Elements that occur more than once in one parent: they become lists. */
const LISTS: ReadonlySet<string> = new Set(['Object', 'Part']);

/** The content of the root element `root`: text, or its members by name. Reads in slices, so that other requests run in between. */
export const readXml = async (bytes: Buffer, root: string): Promise<unknown> => {
  const text = decoded(bytes);
  const reader = new XmlReader();
  const pause = createPause();
  for (let at = 0; at < text.length; at += SLICE_CHARS) {
    await pause();
    reader.write(text.slice(at, at + SLICE_CHARS));
  }
  return reader.end(root);
};

const utf8 = new TextDecoder('utf-8', { fatal: true });

const decoded = (bytes: Buffer): string => {
  try {
    return utf8.decode(bytes);
  } catch {
    throw malformedXml();
  }
};

interface OpenElement {
  text: string;
  readonly members: Record<string, unknown>;
}

const opened = (): OpenElement => ({ text: '', members: Object.create(null) as Record<string, unknown> });

/** Builds what the elements hold. A document type, which could bring entities, is malformed, as is what is nested deep. */
class XmlReader {
  private readonly parser = createParser(true, { position: false });
  private readonly open: OpenElement[] = [opened()];
  private isBroken = false;

  constructor() {
    const { parser } = this;
    parser.onerror = () => this.fail();
    parser.ondoctype = () => this.fail();
    parser.onopentag = () => this.enter();
    parser.ontext = (text) => this.add(text);
    parser.oncdata = (text) => this.add(text);
    parser.onclosetag = (name) => this.leave(name.slice(name.indexOf(':') + 1));
  }

  /** Throws `MalformedXML`. */
  write(text: string): void {
    if (!this.isBroken) this.guarded(() => void this.parser.write(text));
    if (this.isBroken) throw malformedXml();
  }

  end(root: string): unknown {
    this.guarded(() => void this.parser.close());
    const [document] = this.open;
    if (this.isBroken || !document || !(root in document.members)) throw malformedXml();
    return document.members[root];
  }

  /** After a fault the parser throws it again. */
  private guarded(work: () => void): void {
    try {
      work();
    } catch {
      this.isBroken = true;
    }
  }

  private fail(): void {
    this.isBroken = true;
  }

  private enter(): void {
    if (this.open.length > MAX_DEPTH) this.fail();
    else this.open.push(opened());
  }

  private add(text: string): void {
    const element = this.open.at(-1);
    if (element) element.text += text;
  }

  private leave(name: string): void {
    if (this.isBroken) return;
    const element = this.open.pop();
    const parent = this.open.at(-1);
    if (!element || !parent) return this.fail();
    const value = Object.keys(element.members).length > 0 ? { ...element.members } : element.text;
    if (LISTS.has(name)) ((parent.members[name] ??= []) as unknown[]).push(value);
    else if (name in parent.members) this.fail();
    else parent.members[name] = value;
  }
}
