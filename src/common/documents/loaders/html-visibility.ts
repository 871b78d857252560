import { hidesSubtree, inheritHiding } from './hiding-values';
import { StyleMatcher } from './style-matcher';
import { inlineDeclarations, type StyleRule } from './style-rules';

/** Elements whose content is not shown, is code, is for browsers without something, or leads elsewhere. */
const INVISIBLE_TAGS = new Set(
  'script style noscript template svg iframe object nav title noframes noembed audio video canvas datalist'.split(' '),
);

/**
 * Pages hide themselves whole until a script has run; a reader then sees them. A head that is not closed has the page in it.
 */
const WHOLE_PAGE = new Set(['html', 'head', 'body']);

type Attributes = Readonly<Record<string, string>>;

interface Open {
  /** With all that is in it. */
  readonly isHidden: boolean;
  /** Inherited properties that hide its text. */
  readonly inherited: ReadonlySet<string>;
  readonly isInGraphic: boolean;
}

const PAGE: Open = { isHidden: false, inherited: new Set(), isInGraphic: false };

/** Whether the text at the place that is being read is seen: by elements, attributes and the page's own styles. */
export class HtmlVisibility {
  private readonly stack: Open[] = [PAGE];
  private readonly styles: StyleMatcher;

  constructor(rules: readonly StyleRule[]) {
    this.styles = new StyleMatcher(rules);
  }

  get isHidden(): boolean {
    return this.top.isHidden || this.top.inherited.size > 0;
  }

  /** Whether it is in an SVG image, whose titles are not the page's. */
  get isInGraphic(): boolean {
    return this.top.isInGraphic;
  }

  openElement(name: string, attributes: Attributes): void {
    const { top: parent } = this;
    const styles = this.styles.openElement(name, attributes, inlineDeclarations(attributes['style'] ?? ''));
    const isWhole = WHOLE_PAGE.has(name);
    this.stack.push({
      isHidden:
        parent.isHidden ||
        INVISIBLE_TAGS.has(name) ||
        (!isWhole && (isHiddenBy(name, attributes) || hidesSubtree(styles))),
      inherited: isWhole ? parent.inherited : inheritHiding(parent.inherited, styles),
      isInGraphic: parent.isInGraphic || name === 'svg',
    });
  }

  closeElement(): void {
    this.styles.closeElement();
    if (this.stack.length > 1) this.stack.pop();
  }

  private get top(): Open {
    return this.stack.at(-1) ?? PAGE;
  }
}

const isHiddenBy = (name: string, attributes: Attributes): boolean =>
  attributes['hidden'] !== undefined ||
  attributes['aria-hidden']?.trim().toLowerCase() === 'true' ||
  (name === 'dialog' && attributes['open'] === undefined);
