import { Badge, createTheme, Drawer, Modal, type CSSVariablesResolver, type MantineTheme } from '@mantine/core';

const COLOURS = ['blue', 'green', 'red', 'yellow', 'orange', 'grape', 'gray', 'teal', 'violet', 'cyan'] as const;

export const theme = createTheme({
  primaryColor: 'blue',
  primaryShade: { light: 8, dark: 8 },
  autoContrast: true,
  respectReducedMotion: true,
  components: {
    // A state is never cut to its first letters.
    Badge: Badge.extend({ defaultProps: { miw: 'max-content' } }),
    Drawer: Drawer.extend({ defaultProps: { closeButtonProps: { 'aria-label': 'Close' } } }),
    Modal: Modal.extend({ defaultProps: { closeButtonProps: { 'aria-label': 'Close' } } }),
  },
  fontFamily: 'system-ui, -apple-system, "Segoe UI", Roboto, "DejaVu Sans", sans-serif',
  fontFamilyMonospace: 'ui-monospace, "SF Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace',
});

/** The library's pale texts fall short of the contrast that WCAG AA asks for; these do not. */
export const contrast: CSSVariablesResolver = (mantine) => ({
  variables: {},
  light: {
    '--mantine-color-dimmed': mantine.colors.gray[7],
    '--mantine-color-placeholder': mantine.colors.gray[7],
    '--mantine-color-error': mantine.colors.red[9],
    '--mantine-color-anchor': mantine.colors.blue[9],
    ...pale(mantine, (colour) => (colour === 'yellow' || colour === 'orange' ? '#7a3b00' : darkest(mantine, colour))),
  },
  dark: {
    '--mantine-color-dimmed': mantine.colors.dark[1],
    '--mantine-color-placeholder': mantine.colors.dark[2],
    '--mantine-color-error': mantine.colors.red[4],
    '--mantine-color-anchor': mantine.colors.blue[3],
    ...pale(mantine, (colour) => mantine.colors[colour][2]),
  },
});

type Colour = (typeof COLOURS)[number];

const darkest = (mantine: MantineTheme, colour: Colour): string =>
  ({ green: '#1b5e2b', teal: '#075a44', cyan: '#0b5566', red: '#9b1c1c' })[colour as string] ??
  mantine.colors[colour][9];

/** The text on pale buttons and badges of every colour. */
const pale = (_mantine: MantineTheme, text: (colour: Colour) => string): Record<string, string> =>
  Object.fromEntries(COLOURS.map((colour) => [`--mantine-color-${colour}-light-color`, text(colour)]));
