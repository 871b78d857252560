import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { dataSets } from './services';

/** A record as the API takes it. */
export interface LibraryRecord {
  readonly id: string;
  readonly text: string;
  readonly vector?: string;
  readonly metadata: Readonly<Record<string, unknown>>;
}

const TOPICS: Readonly<Record<string, readonly string[]>> = {
  kitchen: [
    'Sear the salmon skin side down until it is crisp, then finish it in a warm oven.',
    'A sourdough starter is fed with equal weights of flour and water once a day.',
    'Rest a roast for twenty minutes, so that the juices spread before it is carved.',
    'Whisk cold butter into the pan at the end to make the sauce thick and glossy.',
    'Risotto is stirred while hot stock is added one ladle at a time.',
    'Blanch green beans in salted water and cool them in ice to keep their colour.',
    'Knead the dough until a thin piece of it can be stretched without tearing.',
    'Toast whole spices in a dry pan before they are ground.',
  ],
  astronomy: [
    'A white dwarf is what remains of a star of the mass of the Sun.',
    'The rings of Saturn are made of ice and dust, mostly smaller than a house.',
    'Redshift tells how fast a distant galaxy moves away from us.',
    'A lunar eclipse happens when the shadow of the Earth falls on the Moon.',
    'Neutron stars turn many times a second and sweep the sky with radio waves.',
    'The Kuiper belt holds frozen bodies beyond the orbit of Neptune.',
    'Telescopes in space see light that the air of the Earth would absorb.',
    'Sunspots are cooler regions of the surface of the Sun with strong magnetic fields.',
  ],
  music: [
    'A fugue takes one subject through all of its voices.',
    'The cello is tuned in fifths, an octave below the viola.',
    'Syncopation puts the stress where the beat is weak.',
    'A string quartet has two violins, a viola and a cello.',
    'Vibrato changes the pitch of a note slightly and regularly.',
    'In a sonata two themes are presented, developed and heard again.',
    'The minor scale sounds darker because its third is lowered.',
    'Drummers keep time with the hi-hat and mark the backbeat on the snare.',
  ],
  garden: [
    'Prune roses in late winter, just above a bud that faces outwards.',
    'Tomatoes want a sunny wall and water at the root, not on the leaves.',
    'Compost turns kitchen scraps and fallen leaves into dark soil within a year.',
    'Plant tulip bulbs in autumn at three times their own depth.',
    'Lavender grows on poor dry ground and dislikes wet feet.',
    'Mulch keeps the soil moist and the weeds down in summer.',
    'Divide old clumps of iris after they have flowered.',
    'Bees visit borage and clover from early summer until the frost.',
  ],
};

/** Thirty-two short texts on four topics: they are embedded by the product itself. */
export const articles = (): LibraryRecord[] =>
  Object.entries(TOPICS).flatMap(([topic, texts], at) =>
    texts.map((text, index) => ({
      id: `${topic}-${index + 1}`,
      text,
      metadata: {
        topic,
        year: 2010 + ((index * 5 + at * 3) % 16),
        rating: 1 + ((index * 7 + at) % 5),
        draft: index === 7,
      },
    })),
  );

const DIMENSION = 384;

/** Definitions of words with their vectors, when the data set is there; the articles otherwise. */
export function definitions(most: number): LibraryRecord[] {
  const folder = path.join(dataSets ?? '', 'glosses');
  if (dataSets === undefined || !existsSync(path.join(folder, 'records.ndjson'))) return articles();
  const lines = readFileSync(path.join(folder, 'records.ndjson'), 'utf8').split('\n', most);
  const halves = readFileSync(path.join(folder, 'vectors.f16'));
  return lines.map((line, row) => {
    const record = JSON.parse(line) as Omit<LibraryRecord, 'vector'>;
    const floats = Float32Array.from({ length: DIMENSION }, (_, i) =>
      fromHalf(halves.readUInt16LE((row * DIMENSION + i) * 2)),
    );
    return { ...record, vector: Buffer.from(floats.buffer).toString('base64') };
  });
}

/** A 16-bit float as a number. */
function fromHalf(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  return exponent === 0 ? sign * 2 ** -24 * fraction : sign * 2 ** (exponent - 25) * (1024 + fraction);
}
